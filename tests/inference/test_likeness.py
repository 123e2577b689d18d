"""A photograph is told from a drawing by what was found on it, and no drawing is taken for a photograph."""

import numpy as np
import pytest

from core.inference.drawing_style import measure
from core.inference.ink import find_drawing
from core.inference.likeness import unlike_strokes
from tests.inference.papers import PAPERS, SIDE, on_paper
from tests.inference.pens import CROSS, FIVE, TWO, boot, data_set, sheet

STYLE = measure(data_set(3))


def told(picture: np.ndarray) -> str:
    return unlike_strokes(find_drawing(picture), STYLE)


@pytest.mark.parametrize("kind", PAPERS)
@pytest.mark.parametrize("pen", [3, 8, 24])
def test_strokes_on_any_paper_are_a_drawing(kind: str, pen: float) -> None:
    random = np.random.default_rng(3)
    for strokes in (TWO, FIVE, CROSS):
        ink = sheet(strokes, pen=pen, size=120, at=(90, 70), shape=(SIDE, SIDE)).astype(np.float32) / 255
        assert not told(on_paper(ink, kind, random))


def textured() -> np.ndarray:
    """Grey patches all over it, such as pebbles."""
    random = np.random.default_rng(1)
    picture = np.full((280, 280), 200, np.uint8)
    for row, column in np.ndindex(7, 7):
        down, right = random.integers(2, 12, 2)
        picture[row * 40 + down :, column * 40 + right :][:20, :20] = random.integers(20, 90)
    return picture


@pytest.mark.parametrize("picture", [boot(), textured()])
def test_a_photograph_is_told(picture: np.ndarray) -> None:
    assert told(picture).startswith("This does not look like a drawing")


def test_an_empty_sheet_is_told_elsewhere() -> None:
    assert told(np.full((200, 200), 255, np.uint8)) == ""
