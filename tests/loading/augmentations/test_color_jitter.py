"""Colours change as torchvision's functions change them."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as V

from core.loading.augmentations.color_jitter import ColorJitterSettings, jittered

IMAGES = torch.rand(4, 3, 9, 7, generator=torch.Generator().manual_seed(1))
IMAGES[3, :, :4] = 0.5  # grey: no hue, no saturation
DRAW = np.array([[0.1], [0.4], [0.5], [0.9]])
SAME = {  # with a setting of 0.4, a draw d is a factor of 0.6 + 0.8 d, and a turn of 0.4 (2 d - 1)
    "brightness": lambda image, d: V.adjust_brightness(image, 0.6 + 0.8 * d),
    "contrast": lambda image, d: V.adjust_contrast(image, 0.6 + 0.8 * d),
    "saturation": lambda image, d: V.adjust_saturation(image, 0.6 + 0.8 * d),
    "hue": lambda image, d: V.adjust_hue(image, 0.4 * (2 * d - 1)),
}


@pytest.mark.parametrize("name", SAME)
def test_it_is_what_torchvision_does(name: str) -> None:
    found = jittered(IMAGES, DRAW.repeat(4, 1), ColorJitterSettings(**{name: 0.4}), True)
    wanted = torch.stack([SAME[name](image, float(d)) for image, (d,) in zip(IMAGES, DRAW, strict=True)])
    assert torch.allclose(found, wanted, atol=2e-4) and not torch.allclose(found[0], IMAGES[0], atol=0.01)


@pytest.mark.parametrize("name", SAME)
def test_images_without_colour(name: str) -> None:
    grey = IMAGES[:, :1]
    found = jittered(grey, DRAW.repeat(4, 1), ColorJitterSettings(**{name: 0.4}), True)
    assert found.shape == grey.shape and torch.equal(found, grey) == (name in ("saturation", "hue"))
