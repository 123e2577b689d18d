from types import SimpleNamespace

import numpy as np
import pytest

from core.datasets.drawing_style import DrawingStyle
from core.errors import Problem
from core.inference.drawing_style import drawing_style_of, measure, of_many_sizes
from core.prepared.arrays import Prepared
from tests.inference.pens import data_set


@pytest.mark.parametrize("stroke", [1.5, 2.5, 4.0])
def test_the_width_of_a_known_pen_is_found(stroke: float) -> None:
    look = measure(data_set(stroke))
    assert look.stroke == pytest.approx(stroke, abs=0.2)
    assert look.thickest == pytest.approx(stroke, abs=0.5)


@pytest.mark.parametrize("extent", [14, 20, 24])
def test_the_size_is_found(extent: float) -> None:
    assert measure(data_set(2.5, extent=extent)).extent == pytest.approx(extent, abs=0.5)


def test_where_drawings_are_put_is_found() -> None:
    images = data_set(2.5)
    look = measure(images)
    assert look.centred == "mass"
    assert look.centre == pytest.approx((14, 14), abs=0.3)
    assert measure(np.roll(images, 2, axis=2)).centre == pytest.approx((14, 16), abs=0.3)
    boxed = []
    for image in images:  # the same drawings, their boxes at one place instead
        rows, columns = np.nonzero(image > 127)
        shift = 14 - (rows.min() + rows.max() + 1) // 2, 14 - (columns.min() + columns.max() + 1) // 2
        boxed.append(np.roll(image, shift, (0, 1)))
    assert measure(np.array(boxed)).centred == "box"


def test_dark_ink_on_light_paper_measures_alike() -> None:
    images = data_set(2.5)
    light, dark = measure(images), measure(255 - images)
    assert light.light_on_dark and not dark.light_on_dark
    assert dark.paper == 255
    assert dark.stroke == pytest.approx(light.stroke)
    assert dark.extent == pytest.approx(light.extent)


def test_faint_and_soft_ink_is_noticed() -> None:
    images = data_set(3)
    assert measure(images // 2).peak == pytest.approx(127, abs=2)
    rows = images.astype(float)
    soft = (np.roll(rows, 1, 1) + rows * 2 + np.roll(rows, -1, 1)) / 4
    soft = (np.roll(soft, 1, 2) + soft * 2 + np.roll(soft, -1, 2)) / 4
    assert measure(soft.astype(np.uint8)).blur > 1.3 * measure(images).blur


def test_slant_and_proportions_are_noticed() -> None:
    images = data_set(2, extent=16)
    leaning = np.stack([np.roll(images[:, row], (14 - row) // 2, 1) for row in range(28)], 1)
    assert np.mean(measure(leaning).slant) < np.mean(measure(images).slant) - 0.3
    assert measure(images[:, :, ::2]).widest < 0.6 * measure(images).widest


def test_coarse_images_are_measured_too(digits: Prepared) -> None:
    look = drawing_style_of(digits)
    assert look.size == (8, 8) and look.light_on_dark
    assert 1 < look.stroke < 2  # of 8 pixels
    assert 7.5 < look.extent <= 8.1
    assert look.widest < 0.8


def test_it_is_the_same_every_time_and_survives_json() -> None:
    images = data_set(2.5)
    look = measure(images)
    assert look == measure(images.copy())
    assert DrawingStyle.model_validate_json(look.model_dump_json()) == look


def test_blank_images_have_no_look() -> None:
    with pytest.raises(Problem, match="blank"):
        measure(np.zeros((5, 28, 28), np.uint8))


def test_blank_images_among_others_do_not_count() -> None:
    images = data_set(2.5)
    mixed = np.concatenate([images, np.zeros_like(images)])
    assert measure(mixed).stroke == pytest.approx(measure(images).stroke, abs=0.05)


def test_it_is_kept_beside_the_data_and_measured_anew_when_unreadable(digits: Prepared) -> None:
    look = drawing_style_of(digits)
    file = digits.folder / "drawing_style.json"
    assert DrawingStyle.model_validate_json(file.read_bytes()) == look
    other = look.model_copy(update={"stroke": 3.25})
    file.write_text(other.model_dump_json())
    assert drawing_style_of(digits).stroke == 3.25  # it is what is read
    file.write_text('{"stroke": 3.25}')  # as an older version might have left it
    assert drawing_style_of(digits) == look
    assert DrawingStyle.model_validate_json(file.read_bytes()) == look


def test_a_folder_that_cannot_be_written_is_no_harm(tmp_path) -> None:
    images = np.repeat(data_set(2.5)[..., None], 3, axis=3)
    gone = SimpleNamespace(
        folder=tmp_path / "gone", uniform=True, array=images, indices=lambda split: np.arange(len(images))
    )
    assert drawing_style_of(gone) == measure(images[..., 0])  # type: ignore[arg-type]


def test_only_training_images_are_looked_at(tmp_path) -> None:
    images = np.concatenate([data_set(2), data_set(4)])[..., None]
    prepared = SimpleNamespace(folder=tmp_path, uniform=True, array=images, indices=lambda split: np.arange(40))
    assert drawing_style_of(prepared).stroke == pytest.approx(2, abs=0.2)  # type: ignore[arg-type]


def test_images_cut_to_their_ink_give_drawings_cut_to_theirs() -> None:
    from core.inference.drawing import read_drawing, to_input
    from tests.inference.pens import TWO, sheet

    cut = []
    for number in range(12):
        ink = sheet([[(x * (0.5 + number / 20), y) for x, y in TWO[0]]], pen=10, size=100, at=(40, 40))
        rows, columns = np.nonzero(ink > 127)
        cut.append(
            (230 - (ink[rows.min() - 3 : rows.max() + 4, columns.min() - 3 : columns.max() + 4] * 0.8))[..., None]
        )
    style = of_many_sizes([image.astype(np.uint8) for image in cut])
    assert (
        not style.light_on_dark
        and style.paper == pytest.approx(230, abs=5)
        and style.peak == pytest.approx(204, abs=12)
    )
    assert style.margin == pytest.approx(3 * 64 / 115, abs=1)
    drawn = to_input(read_drawing(sheet([[(0.5, 0), (0.52, 1)]], pen=8)), style)
    assert drawn is not None
    height, width = drawn.shape
    assert height > 3 * width, "an upright stroke stays narrow"
    assert drawn[0].min() > 200 and drawn.min() < 80
