"""What the training images have in common, and a picture that is unlike them."""

import numpy as np
import pytest
from PIL import Image

from core.inference.image_style import FILE, common, fitted, image_style_of, look


def things(
    count: int, ground: int, thing: int, side: int = 28, fill: float = 0.9, channels: int = 1
) -> list[np.ndarray]:
    """A block, `fill` of the side high, on an even ground."""
    images = []
    for number in range(count):
        image = np.full((side, side, channels), ground, np.uint8)
        half, middle = round(fill * side / 2), side // 2
        image[middle - half : middle + half, middle - 5 - number % 4 : middle + 5] = thing
        images.append(image)
    return images


DARK = common(things(40, 0, 200))


def test_the_common_ground_is_measured():
    assert (DARK.ground, DARK.level, DARK.coloured) == ("dark", 0, False) and DARK.extent == pytest.approx(0.9, abs=0.1)
    assert common(things(40, 250, 30)).ground == "light"
    assert common(things(20, 250, 30) + things(20, 0, 200)).ground is None
    noise = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
    assert common(list(noise)).ground is None and common(list(noise)).coloured is True


def test_a_picture_on_the_opposite_ground_is_turned_round():
    picture = things(1, 240, 60, side=300)[0]
    found = fitted(picture, DARK, 1)
    assert found.opposite and found.turned and not found.differences
    assert found.image[0, 0, 0] == 0 and found.image[150, 150, 0] > 150
    as_it_is = fitted(picture, DARK, 1, turn=False)
    assert as_it_is.opposite and not as_it_is.turned and np.array_equal(as_it_is.image, picture)
    light = common(things(40, 255, 20))
    assert fitted(things(1, 10, 220)[0], light, 1).image[0, 0, 0] == 255
    assert not fitted(things(1, 0, 180)[0], DARK, 1).opposite
    assert not fitted(things(1, 128, 10)[0], DARK, 1).opposite, "a grey ground is neither"


def test_colours_keep_their_hue_when_they_are_turned():
    style = common([np.repeat(image, 3, 2) for image in things(40, 0, 200)])
    picture = np.full((60, 60, 3), 255, np.uint8)
    picture[15:45, 15:45] = (120, 20, 20)
    turned = fitted(picture, style, 3).image
    assert turned[0, 0].tolist() == [0, 0, 0]
    red, green, blue = turned[30, 30].astype(int)
    assert red > green == blue


def test_what_else_is_unlike_is_told():
    small = fitted(things(1, 0, 200, side=200, fill=0.3)[0], DARK, 1)
    assert len(small.differences) == 1 and "Cut the picture closer" in small.differences[0]
    red = np.zeros((28, 28, 3), np.uint8)
    red[2:26, 8:20] = (220, 30, 30)
    assert "grey" in fitted(red, DARK, 1).differences[0]
    coloured = common(list(np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)))
    assert "colours" in fitted(things(1, 0, 200)[0], coloured, 3).differences[0]


def test_it_is_measured_once_and_kept(digits):
    style = image_style_of(digits)
    assert style.ground == "dark" and style.coloured is False
    kept = digits.folder / FILE
    assert kept.exists()
    kept.write_text(kept.read_text().replace('"dark"', '"light"'))
    assert image_style_of(digits).ground == "light"
    kept.write_text("{")
    assert image_style_of(digits).ground == "dark"


def test_any_size_is_looked_at():
    for shape in ((1, 1, 1), (1, 5, 3), (2000, 3, 1)):
        assert look(np.zeros(shape, np.uint8)).ground == "dark"
    sneaker = Image.new("L", (400, 300), 255)
    assert look(np.asarray(sneaker)[..., None]) == ("light", 255, 0, False)
