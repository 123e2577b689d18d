"""The short preparation of a drawing that leaves makes nearly the image that the app makes."""

import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from core.datasets.drawing_style import SEVERAL, DrawingStyle
from core.inference.drawing import to_input
from core.inference.drawing_style import OWN_SYMBOLS
from core.inference.ink import read_drawing
from core.script.briefly_drawn import brief_drawing_code
from core.script.drawn import drawing_code
from tests.inference.pens import FIVE, TWO, boot, sheet

UPRIGHT = OWN_SYMBOLS.model_copy(update={"own": ()})
STYLES = [
    UPRIGHT,
    UPRIGHT.model_copy(update={"centred": "mass", "stroke": 1.5, "thickest": 1.6}),
    UPRIGHT.model_copy(update={"light_on_dark": False, "paper": 255.0}),
    UPRIGHT.model_copy(update={"light_on_dark": False, "paper": 230.0, "peak": 200.0, "height": 32}),
    UPRIGHT.model_copy(
        update={
            "height": 64,
            "width": 64,
            "extent": 50.0,
            "stroke": 5.0,
            "thickest": 6.0,
            "margin": 4.0,
            "centre": (32.0, 32.0),
        }
    ),
]


def function(code: str) -> Any:
    names: dict[str, Any] = {"np": np, "Image": Image, "ImageFilter": ImageFilter, "ImageOps": ImageOps, "sys": sys}
    exec(code, names)
    return names["drawn"]


def drawn(style: DrawingStyle) -> Any:
    return function(drawing_code(style))


def apart(found: np.ndarray, expected: np.ndarray) -> float:
    """How far two images of nearly one size, which are cut to their ink, lie apart: grey levels, on average."""
    assert np.abs(np.subtract(found.shape, expected.shape)).max() <= 2
    high, wide = np.minimum(found.shape, expected.shape)
    return float(np.abs(found[:high, :wide] - expected[:high, :wide].astype(float)).mean())


def test_a_hair_on_a_wide_sheet_is_ink() -> None:
    paper = np.full((20, 4000), 255, np.uint8)
    paper[9:12, 100:3900] = 0
    assert np.asarray(drawn(UPRIGHT)(Image.fromarray(paper))).any()


@pytest.mark.parametrize("style", STYLES, ids=range(len(STYLES)))
@pytest.mark.parametrize("pen", [3, 12, 30])
def test_it_makes_what_the_app_makes(style: DrawingStyle, pen: float) -> None:
    for strokes in (TWO, FIVE):
        ink = sheet(strokes, pen=pen)
        expected = to_input(read_drawing(255 - ink), style)
        assert expected is not None
        for picture in (Image.fromarray(255 - ink), Image.fromarray(ink // 2 + 100)):
            assert apart(np.asarray(drawn(style)(picture)), expected) < 0.08 * style.peak


@pytest.mark.parametrize("paper", [0, 200, 255])
def test_paper_without_ink_is_refused(paper: int) -> None:
    with pytest.raises(ValueError, match="there is no ink"):
        drawn(UPRIGHT)(Image.new("RGB", (50, 70), (paper, paper, paper)))


def test_several_signs_are_refused_unless_they_are_usual() -> None:
    both = Image.fromarray(255 - np.hstack([sheet(TWO), sheet(FIVE)]))
    with pytest.raises(ValueError, match="there are several signs"):
        drawn(UPRIGHT)(both)
    assert drawn(UPRIGHT.model_copy(update={"own": (SEVERAL,)}))(both).size == (28, 28)


@pytest.mark.parametrize("lean", [-0.6, 0.6])
def test_what_leans_and_what_is_wide_are_set_as_the_app_sets_them(lean: float) -> None:
    style = UPRIGHT.model_copy(update={"slant": (-0.1, 0.1), "widest": 0.6})
    leaning = [[(x + lean * (0.5 - y), y) for x, y in stroke] for stroke in FIVE]
    ink = sheet(leaning)
    expected = to_input(read_drawing(255 - ink), style)
    assert expected is not None
    for code, close in ((drawing_code(style), True), (brief_drawing_code(style), False)):
        away = np.abs(np.subtract(function(code)(Image.fromarray(255 - ink)), expected, dtype=float)).mean()
        assert (away < 0.03 * style.peak) == close


def test_filled_shapes_are_answered_with_a_word(capsys: pytest.CaptureFixture) -> None:
    drawn(UPRIGHT)(Image.fromarray(255 - sheet(TWO)))
    assert not capsys.readouterr().err
    drawn(UPRIGHT)(Image.fromarray(boot()))
    assert "it has filled shapes" in capsys.readouterr().err
