"""Which sets of images a pen could have drawn."""

import numpy as np
import pytest

from core.importing.drawn import are_drawings


def test_the_smallest_digits_are_drawings(digits) -> None:
    assert are_drawings(digits.image(place) for place in range(200))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [8, 12, 28])
def test_noise_is_no_drawing(side: int, channels: int) -> None:
    random = np.random.default_rng(0)
    assert not are_drawings(random.integers(0, 256, (100, side, side, channels), np.uint8))
