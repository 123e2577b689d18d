"""Finding the ink: each test draws the same strokes and spoils the picture in one way."""

import numpy as np
import pytest
from PIL import Image

from core.errors import BadInput
from core.inference.ink import read_drawing
from tests.inference.pens import CROSS, FIVE, TWO, sheet

SHAPE = (400, 500)


def drawn(pen: float = 5) -> np.ndarray:
    """(H, W) 0 to 1: how much of each pixel is ink."""
    return sheet(TWO, pen=pen, size=150, at=(200, 120), shape=SHAPE).astype(np.float32) / 255


def on(paper: "np.ndarray | float", ink: float, noise: float = 0, pen: float = 5) -> np.ndarray:
    part = drawn(pen)
    grain = np.random.default_rng(0).normal(0, noise, SHAPE) if noise else 0
    return np.clip(paper * (1 - part) + ink * part + grain, 0, 255).astype(np.uint8)


def overlap(picture: "np.ndarray | Image.Image", part: np.ndarray) -> float:
    """Intersection over union of the ink found and the ink there is."""
    found, true = read_drawing(picture) >= 0.5, part >= 0.5
    assert found.shape == true.shape
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize("pen", [2, 5, 40])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (128, 20), (128, 240), (230, 180)])
def test_pen_and_paper_may_have_any_tone(paper: int, ink: int, pen: int) -> None:
    assert overlap(on(paper, ink, pen=pen), drawn(pen)) > 0.9


@pytest.mark.parametrize(
    ("paper", "ink"),
    [((255, 255, 255), (255, 230, 0)), ((0, 0, 0), (0, 0, 200)), ((220, 60, 60), (60, 60, 220)),
     ((40, 90, 40), (250, 250, 250))],
)  # fmt: skip
def test_pen_and_paper_may_have_any_colour(paper: tuple[int, ...], ink: tuple[int, ...]) -> None:
    part = drawn()[..., None]
    assert overlap((np.array(paper) * (1 - part) + np.array(ink) * part).astype(np.uint8), drawn()) > 0.9


@pytest.mark.parametrize("ink", [0, 255, 128])
def test_on_a_transparent_canvas_what_is_opaque_is_ink(ink: int) -> None:
    canvas = np.full((*SHAPE, 4), ink, np.uint8)
    canvas[..., 3] = drawn() * 255
    canvas[canvas[..., 3] == 0] = 0
    assert overlap(canvas, drawn()) > 0.99
    assert overlap(Image.fromarray(canvas), drawn()) > 0.99


def test_a_canvas_with_a_background_is_opaque() -> None:
    canvas = np.dstack([on(255, 17)] * 3 + [np.full(SHAPE, 255, np.uint8)])
    assert overlap(canvas, drawn()) > 0.95
    canvas[..., 3] = 128
    assert overlap(canvas, drawn()) > 0.95


def test_a_card_on_transparency_is_paper() -> None:
    card = np.dstack([on(250, 20)] * 3 + [np.zeros(SHAPE, np.uint8)])
    card[40:-40, 40:-40, 3] = 255
    assert overlap(card, drawn()) > 0.9


@pytest.mark.parametrize("pen", [3, 40])
def test_uneven_light_is_not_ink(pen: int) -> None:
    y, x = np.mgrid[-1:1:400j, -1:1:500j]
    assert overlap(on(190 + 35 * x - 25 * y, 60, 5, pen), drawn(pen)) > 0.85
    assert overlap(on(210 - 45 * (x * x + y * y), 60, 5, pen), drawn(pen)) > 0.85


def test_the_edge_of_a_shadow_is_not_ink() -> None:
    y, x = np.mgrid[-1:1:400j, -1:1:500j]
    light = np.where(x + 0.3 * y > 0.3, 0.62, 1.0)
    part = drawn(4)
    picture = light * (210 * (1 - part) + 60 * part) + np.random.default_rng(0).normal(0, 4, SHAPE)
    assert overlap(picture.astype(np.uint8), part) > 0.7


def test_dust_is_not_ink() -> None:
    picture, random = on(225, 40, 5), np.random.default_rng(1)
    for row, column in random.integers(0, (398, 498), (150, 2)):
        picture[row : row + 2, column : column + 3] = 50
    found = read_drawing(picture) >= 0.5
    rows, columns = np.nonzero(found)
    assert (rows.min(), rows.max()) == pytest.approx((120 + 2, 270), abs=6)
    assert (columns.min(), columns.max()) == pytest.approx((212, 330), abs=6)


def test_dust_on_an_empty_sheet_is_no_drawing() -> None:
    picture, random = on(225, 225, 4), np.random.default_rng(1)
    for row, column in random.integers(0, (398, 498), (40, 2)):
        picture[row : row + 2, column : column + 3] = 50
    assert not read_drawing(picture).any()


def test_glare_is_not_ink_either() -> None:
    picture = on(150, 60)
    picture[20:45, 20:45] = 255
    assert overlap(picture, drawn()) > 0.9


def test_dark_edges_of_a_scan_are_not_ink() -> None:
    picture = on(225, 40, 4)
    picture[:, :8] = 20
    picture[-6:] = 30
    assert overlap(picture, drawn()) > 0.85


def test_all_strokes_of_a_drawing_stay() -> None:
    apart = [FIVE[0], [(x, y - 0.12) for x, y in FIVE[1]]]
    part = sheet(apart, pen=3, size=150, at=(150, 120), shape=SHAPE) / np.float32(255)
    assert overlap((255 - part * 255).astype(np.uint8), part) > 0.95
    letter = [[(0.5, 0.3), (0.5, 1.0)], [(0.5, 0.0), (0.5, 0.02)]]  # an i
    part = sheet(letter, pen=14, size=150, at=(150, 120), shape=SHAPE) / np.float32(255)
    assert overlap((255 - part * 255).astype(np.uint8), part) > 0.95


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_sheet_has_no_ink(value: int) -> None:
    empty = np.full(SHAPE, value, np.uint8)
    assert not read_drawing(empty).any()
    assert not read_drawing(np.dstack([empty] * 4)).any()
    noisy = np.clip(empty + np.random.default_rng(0).normal(0, 4, SHAPE), 0, 255).astype(np.uint8)
    assert not read_drawing(noisy).any()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "HSV"])
def test_every_kind_of_image_is_understood(mode: str) -> None:
    grey = Image.fromarray(on(255, 0))
    if mode in ("I;16", "I", "F"):
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        image = image if mode == "I;16" else image.convert(mode)
    else:
        image = grey.convert("RGB").convert(mode) if mode in ("HSV", "CMYK") else grey.convert(mode)
    assert overlap(image, drawn()) > 0.85


def test_ink_is_between_nothing_and_all() -> None:
    ink = read_drawing(on(200, 90, 6))
    assert ink.dtype == np.float32
    assert ink.min() == 0 and ink.max() == 1


def test_a_huge_scan_comes_back_smaller() -> None:
    picture = np.full((3000, 4000), 230, np.uint8)
    picture[1000:2000, 1500:1530] = 20
    ink = read_drawing(picture)
    assert ink.shape == (1000, 1334)
    assert (ink >= 0.5).sum() == pytest.approx(334 * 10, rel=0.05)


def test_a_tiny_picture_is_a_drawing_too() -> None:
    tiny = np.zeros((5, 5), np.uint8)
    tiny[:, 2] = 255
    assert (read_drawing(tiny) >= 0.5).sum() == 5


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8),
     np.zeros((2, 4, 4, 3), np.uint8)],
)  # fmt: skip
def test_what_is_no_picture_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(BadInput, match="picture"):
        read_drawing(wrong)


def test_pieces_that_touch_only_at_corners_are_one() -> None:
    steps = np.zeros((60, 60), np.uint8)
    steps[np.arange(10, 50), np.arange(10, 50)] = 255
    assert (read_drawing(steps) >= 0.5).sum() == 40
    assert overlap(sheet(CROSS), sheet(CROSS) / np.float32(255)) > 0.95
