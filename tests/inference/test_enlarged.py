"""An image of the data set that was enlarged is read as that image: its blur is neither paper nor light."""

import numpy as np
import pytest
from PIL import Image

from core.inference import predictor
from core.inference.drawing import find_drawing
from core.inference.drawing_style import drawing_style_of
from core.inference.enlarged import drawing_on, enlarged_ink
from tests.inference.pens import TWO, sheet


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("how", [Image.Resampling.BICUBIC, Image.Resampling.BILINEAR], ids=["bicubic", "bilinear"])
def test_digits_that_fill_the_sheet(digits, trained, workspace, how: Image.Resampling, swapped: bool) -> None:
    style, these = drawing_style_of(digits), digits.indices("test")[::12]
    found = []
    for index in these:
        large = np.asarray(Image.fromarray(digits.image(index)[..., 0]).resize((200, 200), how))
        found.append(predictor.from_drawing(255 - large if swapped else large, style)[0])
    answers = predictor.load(trained, workspace).predict(found).argmax(1)
    assert (answers == digits.labels[these]).mean() >= 0.85


def test_a_pen_on_paper_is_none_of_them(digits) -> None:
    style = drawing_style_of(digits)
    for pen in (2, 6, 12):
        drawing = 255 - sheet(TWO, pen=pen)
        assert enlarged_ink(drawing, style) is None
        assert np.array_equal(drawing_on(drawing, style).ink, find_drawing(drawing, style.own).ink)
