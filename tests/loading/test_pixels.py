"""Images of any shape, brought to the size that a model sees."""

import pytest
import torch
from torchvision.transforms.v2 import functional as V

from core.loading import pixels
from core.loading.input_spec import InputSpec


def spec(height: int, width: int, photos: bool = False, ground: tuple[int, ...] | None = None) -> InputSpec:
    return InputSpec(1, (height, width), (0.0,), (1.0,), photos, reflect=False, ground=ground)


@pytest.mark.parametrize("target", [spec(16, 16), spec(56, 56, photos=True), spec(8, 40), spec(16, 16, ground=(9,))])
@pytest.mark.parametrize("height,width", [(1, 300_000), (300_000, 2), (3, 13)])
def test_a_strip_of_any_length_takes_little_memory(
    height: int, width: int, target: InputSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, whole = [], V.resize
    monkeypatch.setattr(V, "resize", lambda images, size, **how: (sizes.append(size), whole(images, size, **how))[1])
    image = torch.zeros(1, 1, height, width, dtype=torch.uint8)
    image[..., height // 2, width // 2] = 200
    small = pixels.resize(image, target)
    assert tuple(small.shape[2:]) == target.size and small.any(), "its middle is kept"
    (given,) = sizes
    assert all(side <= 6 * most for side, most in zip(given, target.resized, strict=True))


@pytest.mark.parametrize("height,width", [(28, 28), (256, 1024), (1000, 250), (33, 132), (7, 5)])
def test_up_to_four_to_one_nothing_is_cut_beforehand(height: int, width: int) -> None:
    target = spec(64, 64, photos=True)
    image = torch.randint(256, (2, 1, height, width), dtype=torch.uint8, generator=torch.manual_seed(0))
    scale = 73 / min(height, width)
    whole = V.resize(image, [max(73, round(height * scale)), max(73, round(width * scale))], antialias=True)
    assert torch.equal(pixels.resize(image, target), V.center_crop(whole, [64, 64]))
