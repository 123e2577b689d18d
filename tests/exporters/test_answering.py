"""The preparation that goes into exported programs gives the bits that the app's own gives."""

import numpy as np
import pytest
import torch

from core.exporters.answering import Preparation
from core.loading.input_spec import InputSpec
from core.loading.pixels import from_images

SHAPES = [(64, 64), (56, 40), (120, 61), (30, 41), (200, 300), (90, 3), (3, 500), (1, 1), (64, 46), (700, 77)]


@pytest.mark.parametrize("photos,ground", [(False, None), (True, None), (False, (0,)), (False, (251,))])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_picture_becomes_what_the_app_makes_of_it(photos, ground, channels):
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip("torch itself rounds otherwise on such a processor")
    spec = InputSpec(channels, (56, 40), (0.4,) * channels, (0.2,) * channels, photos, reflect=True, ground=ground)
    prepare, random = Preparation(spec), np.random.default_rng(0)
    for shape in SHAPES:
        for colours in (1, 3):
            images = random.integers(0, 256, (2, *shape, colours), np.uint8)
            expected = from_images(images, spec, torch.device("cpu"))
            found = prepare(torch.from_numpy(images))
            assert torch.allclose(found, expected, atol=1e-6), (shape, colours)  # a level of 255 would be 2e-2


def test_each_colour_of_a_ground_is_its_own():
    spec = InputSpec(3, (8, 8), (0.4,) * 3, (0.2,) * 3, photos=False, reflect=False, ground=(10, 100, 200))
    image = np.random.default_rng(0).integers(0, 256, (1, 20, 9, 3), np.uint8)
    assert torch.allclose(Preparation(spec)(torch.from_numpy(image)), from_images(image, spec, torch.device("cpu")))
