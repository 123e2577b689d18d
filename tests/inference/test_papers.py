"""Paper with lines: the drawing is found as on a plain sheet, and what was left out is told."""

import numpy as np
import pytest
from PIL import Image

from core.datasets.drawing_style import FRAME, SEVERAL, UNDERLINE
from core.inference.ink import RULES, find_drawing, read_drawing
from tests.inference.papers import PAPERS, SIDE, on_paper
from tests.inference.pens import CROSS, FIVE, TWO, sheet

LEFT_OUT = {
    "plain": set(),
    "boxed": {FRAME},
    "underlined": {UNDERLINE, RULES},
    "underlined twice": {UNDERLINE, RULES},
}  # a line from edge to edge is a rule
BAR = [[(0.0, 0.5), (1.0, 0.5)]]


def drawn(strokes: list, pen: float = 8, size: float = 120, at: tuple[float, float] = (90, 70)) -> np.ndarray:
    return sheet(strokes, pen=pen, size=size, at=at, shape=(SIDE, SIDE)).astype(np.float32) / 255


def overlap(found: np.ndarray, true: np.ndarray) -> float:
    return float(((found >= 0.5) & (true >= 0.5)).sum() / ((found >= 0.5) | (true >= 0.5)).sum())


@pytest.mark.parametrize("kind", PAPERS)
def test_lines_of_the_paper_are_not_ink(kind: str) -> None:
    random = np.random.default_rng(4)
    for strokes in (TWO, FIVE, CROSS) * 2:
        ink = drawn(strokes, pen=random.uniform(6, 12))
        drawing = find_drawing(on_paper(ink, kind, random))
        assert overlap(drawing.ink, ink) > 0.85
        assert set(drawing.left_out) <= LEFT_OUT.get(kind, {RULES})
        assert kind == "plain" or drawing.left_out


@pytest.mark.parametrize("kind", ["ruled", "dark rules", "boxed"])
def test_on_a_dark_board_and_in_a_large_scan_too(kind: str) -> None:
    random = np.random.default_rng(1)
    ink = drawn(TWO)
    board = 255 - on_paper(ink, kind, random)
    assert overlap(read_drawing(board), ink) > 0.85
    large = on_paper(ink, kind, random).repeat(4, 0).repeat(4, 1)
    assert overlap(read_drawing(large), ink.repeat(4, 0).repeat(4, 1)) > 0.8


@pytest.mark.parametrize("pen", [2, 8, 24])
def test_straight_strokes_are_no_lines_of_the_paper(pen: float) -> None:
    """A cross, a seven, an E of straight strokes: on a sheet, and cut to the very ink."""
    seven = [[(0, 0), (1, 0), (0.3, 1)]]
    letter = [[(1, 0), (0, 0), (0, 1), (1, 1)], [(0, 0.5), (0.9, 0.5)]]
    for strokes in (CROSS, seven, letter, BAR):
        ink = drawn(strokes, pen=pen)
        assert not find_drawing((255 - 230 * ink).astype(np.uint8)).left_out
        rows, columns = np.nonzero(ink >= 0.5)
        tight = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        if strokes is not BAR:  # a bar cut to its ink is a dark picture
            assert overlap(read_drawing((255 - 230 * tight).astype(np.uint8)), tight) > 0.85


def test_a_square_with_nothing_in_it_is_a_drawing() -> None:
    square = [[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]]
    drawing = find_drawing((255 - 230 * drawn(square)).astype(np.uint8))
    assert not drawing.left_out and overlap(drawing.ink, drawn(square)) > 0.95


def test_a_seven_with_a_base_and_a_one_with_a_foot_stay() -> None:
    foot = [[(0.3, 0.2), (0.5, 0), (0.5, 1)], [(0.25, 1), (0.75, 1)]]
    drawing = find_drawing((255 - 230 * drawn(foot)).astype(np.uint8))
    assert not drawing.left_out and overlap(drawing.ink, drawn(foot)) > 0.95


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("pen", [8, 20, 34])
def test_a_drawing_cut_to_its_ink(pen: float, light: bool) -> None:
    for strokes in (TWO, FIVE, [[(0.3, 0), (0.7, 1)]], [[(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5), (0.5, 0)]]):
        ink = drawn(strokes, pen=pen)
        rows, columns = np.nonzero(ink >= 0.5)
        for margin in (0, 1, 4):
            tight = np.pad(ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], margin)
            picture = (25 + 220 * tight if light else 250 - 220 * tight).astype(np.uint8)
            assert overlap(read_drawing(picture), tight) > 0.9


def test_several_signs_are_counted() -> None:
    both = np.maximum(drawn(TWO, size=90, at=(20, 70)), drawn(FIVE, size=90, at=(150, 75)))
    below = np.maximum(drawn(TWO, size=90, at=(80, 20)), drawn(TWO, size=90, at=(90, 150)))
    for ink in (both, below):
        picture = (255 - 230 * ink).astype(np.uint8)
        assert find_drawing(picture).signs == 2
        assert find_drawing(picture, own=(SEVERAL,)).signs == 1
    dotted = [[(0.5, 0.3), (0.5, 1.0)], [(0.5, 0.0), (0.5, 0.02)]]
    apart = [FIVE[0], [(x, y - 0.12) for x, y in FIVE[1]]]
    for strokes in (TWO, CROSS, dotted, apart):
        assert find_drawing((255 - 230 * drawn(strokes)).astype(np.uint8)).signs == 1
    assert find_drawing(np.full((SIDE, SIDE), 255, np.uint8)).signs == 0


def test_what_the_data_set_has_itself_stays() -> None:
    random = np.random.default_rng(2)
    framed, lined = (on_paper(drawn(TWO, size=90), kind, random) for kind in ("boxed", "underlined"))
    assert FRAME not in find_drawing(framed, own=(FRAME,)).left_out
    assert UNDERLINE not in find_drawing(lined, own=(UNDERLINE,)).left_out


def small_overlaps(kind: str) -> list[float]:
    """Of digits on a picture 120 pixels wide."""
    random, found = np.random.default_rng(4), []
    for strokes in (TWO, FIVE, CROSS) * 2:
        ink = drawn(strokes, pen=random.uniform(6, 12))
        size = (120, 120)
        picture = Image.fromarray(on_paper(ink, kind, random)).resize(size, Image.Resampling.BOX)
        true = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
        drawing = find_drawing(picture)
        assert drawing.ink.shape == size and all(mask.shape == size for mask in drawing.left_out.values())
        found.append(overlap(drawing.ink, true))
    return found


@pytest.mark.parametrize("kind", PAPERS)
def test_a_small_picture_of_paper_with_lines_is_read_too(kind: str) -> None:
    others = sorted(small_overlaps(kind))[1:]  # a cross along the squares may be taken for their lines
    assert min(others) > 0.5
