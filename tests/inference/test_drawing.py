import numpy as np
import pytest
from scipy import ndimage

from core.datasets.drawing_style import DrawingStyle
from core.inference.drawing import plain_resize, read_drawing, to_input
from core.inference.drawing_style import measure
from tests.inference.pens import CROSS, FIVE, TWO, data_set, sheet


@pytest.fixture(scope="module")
def look() -> DrawingStyle:
    return measure(data_set(2.5)).model_copy(update={"slant": (-1.0, 1.0), "widest": 2.0})


def answer(look: DrawingStyle, **how: object) -> np.ndarray:
    """What a model sees of a TWO drawn dark on light."""
    image = to_input(read_drawing(255 - sheet(TWO, **how)), look)  # type: ignore[arg-type]
    assert image is not None and image.shape == look.size and image.dtype == np.uint8
    return image


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two images."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def remeasured(images: list[np.ndarray]) -> DrawingStyle:
    return measure(np.array(images))


@pytest.mark.parametrize(
    "how",
    [
        {"pen": 2}, {"pen": 6}, {"pen": 30},
        {"size": 60, "pen": 2}, {"size": 60, "pen": 8},
        {"size": 700, "pen": 2, "shape": (800, 1050)}, {"size": 700, "pen": 60, "shape": (800, 1050)},
        {"at": (8, 8)}, {"at": (110, 112)}, {"size": 40, "pen": 5, "at": (5, 230)},
        {"at": (60, 60), "shape": (240, 900)},
    ],
)  # fmt: skip
def test_any_hand_gives_the_same_image(look: DrawingStyle, how: dict[str, object]) -> None:
    assert alike(answer(look, **how), answer(look)) > 0.93


@pytest.mark.parametrize("pen", [2, 12, 26])
def test_the_image_has_the_measured_look(look: DrawingStyle, pen: int) -> None:
    images = []
    for strokes in (TWO, FIVE, [TWO[0][:4]], [FIVE[0][:4]]):
        image = to_input(read_drawing(sheet(strokes, pen=pen)), look)
        assert image is not None
        images.append(image)
    again = remeasured(images)
    assert again.stroke == pytest.approx(look.stroke, abs=0.35)
    assert again.extent == pytest.approx(look.extent, abs=0.4)
    assert again.light_on_dark == look.light_on_dark
    assert again.peak == pytest.approx(look.peak, abs=10)
    assert again.blur == pytest.approx(look.blur, abs=0.15)
    for image in images:
        assert ndimage.center_of_mass(image) == pytest.approx((look.centre[0] - 0.5, look.centre[1] - 0.5), abs=0.1)


@pytest.mark.parametrize("stroke", [1.5, 2.5, 4.0])
def test_the_stroke_follows_the_data_set(stroke: float) -> None:
    look = measure(data_set(stroke))
    images = [to_input(read_drawing(sheet(strokes)), look) for strokes in (TWO, FIVE)]
    assert remeasured([image for image in images if image is not None]).stroke == pytest.approx(stroke, abs=0.35)


def test_a_dark_on_light_data_set_gets_dark_on_light(look: DrawingStyle) -> None:
    dark = measure(255 - data_set(2.5)).model_copy(update={"slant": look.slant, "widest": look.widest})
    assert alike(255 - answer(dark), answer(look)) > 0.99


def test_polarity_and_transparency_make_no_difference(look: DrawingStyle) -> None:
    part = sheet(TWO)
    clear = np.dstack([np.zeros_like(part)] * 3 + [part])
    pictures = [part, np.dstack([255 - part] * 3), clear, np.dstack([part // 2 + 100] * 3 + [np.full_like(part, 255)])]
    for picture in pictures:
        image = to_input(read_drawing(picture), look)
        assert image is not None and alike(image, answer(look)) > 0.98


def test_a_line_thinner_than_a_pixel_of_the_image_does_not_break(look: DrawingStyle) -> None:
    image = answer(look, size=700, pen=2, shape=(800, 1050))
    assert ndimage.label(image >= 128, np.ones((3, 3)))[1] == 1
    steps = np.zeros((100, 100), np.uint8)
    steps[np.arange(20, 80), np.arange(20, 80)] = 255  # pixels that touch at their corners only
    fine = look.model_copy(update={"height": 160, "width": 160, "extent": 140.0, "stroke": 3.0, "thickest": 3.0})
    image = to_input(read_drawing(steps), fine)
    assert image is not None and ndimage.label(image >= 128, np.ones((3, 3)))[1] == 1


def test_thinning_leaves_a_thread_where_the_pen_hardly_touched(look: DrawingStyle) -> None:
    part = sheet(FIVE[:1], pen=30)
    part = np.where(np.abs(np.arange(280) - 95)[:, None] < 8, sheet(FIVE[:1], pen=5), part)
    image = to_input(read_drawing(part), look)
    assert image is not None
    assert ndimage.label(image >= 40, np.ones((3, 3)))[1] == 1


def test_the_eye_of_a_thick_drawing_stays_open(look: DrawingStyle) -> None:
    ring = [[(0.5 + 0.3 * np.sin(a), 0.5 + 0.5 * np.cos(a)) for a in np.linspace(0, 6.283, 40)]]
    image = to_input(read_drawing(sheet(ring, pen=86)), look)  # leaves an eye of 10 pixels of 246
    assert image is not None
    assert ndimage.label(image < 100)[1] == 2


def test_a_leaning_or_wide_drawing_comes_into_the_range_of_the_data_set(look: DrawingStyle) -> None:
    upright = look.model_copy(update={"slant": (0.0, 0.0), "widest": 0.6})
    leaning = [[(x * 0.4 - (y - 0.5) * 0.5 + 0.2, y) for x, y in FIVE[0]]]
    straight = [[(x * 0.4 + 0.2, y) for x, y in FIVE[0]]]
    ink = read_drawing(sheet(leaning, pen=8))
    before, after = to_input(ink, look), to_input(ink, upright)
    reference = to_input(read_drawing(sheet(straight, pen=8)), upright)
    assert before is not None and after is not None and reference is not None
    assert alike(after, reference) > 0.8 > alike(before, reference)
    wide = to_input(read_drawing(sheet(CROSS)), upright)
    assert wide is not None
    rows, columns = np.nonzero(wide >= 128)
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(0.6, abs=0.12)


@pytest.mark.parametrize(
    "strokes", [[[(0.5, 0.5), (0.5, 0.5)]], [[(0.0, 0.5), (1.0, 0.5)]], [[(0.5, 0.0), (0.5, 1.0)]]]
)
@pytest.mark.parametrize("pen", [3, 8, 30])
def test_dots_and_dashes_are_drawings(look: DrawingStyle, strokes: list[list[tuple[float, float]]], pen: int) -> None:
    image = to_input(read_drawing(sheet(strokes, pen=pen)), look)
    assert image is not None and image.max() > 200
    assert (image >= 128).sum() < 120  # a dot does not become a blot


@pytest.mark.parametrize("shape", [(28, 28), (8, 8), (16, 40), (64, 64), (300, 200)])
@pytest.mark.parametrize("centre", [(0.5, 0.5), (0.0, 1.0), (1.0, 0.1)])
def test_nothing_leaves_the_sheet(look: DrawingStyle, shape: tuple[int, int], centre: tuple[float, float]) -> None:
    side = min(shape)
    changed = {"height": shape[0], "width": shape[1], "extent": side * 0.7, "stroke": side * 0.1,
               "thickest": side * 0.1, "centre": (shape[0] * centre[0], shape[1] * centre[1])}  # fmt: skip
    other = look.model_copy(update=changed)
    middle = to_input(read_drawing(sheet(TWO)), other.model_copy(update={"centre": (shape[0] / 2, shape[1] / 2)}))
    image = to_input(read_drawing(sheet(TWO)), other)
    assert image is not None and middle is not None and image.shape == shape
    assert image.sum() == pytest.approx(middle.sum(), rel=0.06)


def test_an_empty_sheet_gives_none(look: DrawingStyle) -> None:
    assert to_input(read_drawing(np.full((280, 280), 255, np.uint8)), look) is None
    assert to_input(read_drawing(np.zeros((280, 280, 4), np.uint8)), look) is None


def test_plain_resize_does_only_that() -> None:
    part = sheet(TWO, pen=20)
    grey = np.dstack([255 - part] * 3)
    clear = np.dstack([np.zeros_like(part)] * 3 + [part])
    cells = part.reshape(28, 10, 28, 10).mean((1, 3))
    for picture in (part, 255 - part, grey, clear, np.dstack([np.full_like(part, 255)] * 3 + [part])):
        assert alike(plain_resize(picture, (28, 28)), cells) > 0.97
        assert alike(plain_resize(picture, (28, 28), light_on_dark=False), cells) < -0.97
    corner = plain_resize(255 - sheet(TWO, size=60, pen=4, at=(5, 5)), (28, 20))
    assert corner.shape == (28, 20)
    assert not corner[10:].any()  # what is in a corner stays there
