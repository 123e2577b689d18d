"""A map over its image: what is red speaks for the class, and nothing is hidden where nothing is said."""

import io

import numpy as np
import pytest
from PIL import Image

from core.charts.heat_map import AGAINST, FOR, overlay, png, scale_of, side_by_side

GREY = np.full((2, 3, 1), 100, np.uint8)
MAP = np.array([[4, -4, 0], [2, -2, 0]], np.float32)


def test_full_values_have_the_full_colour_and_zero_leaves_the_image() -> None:
    covered = overlay(GREY, MAP, 1.0, 4.0)
    assert covered.shape == (2, 3, 3)
    assert covered[0, 0].tolist() == list(FOR) and covered[0, 1].tolist() == list(AGAINST)
    assert covered[:, 2].tolist() == [[100, 100, 100]] * 2
    np.testing.assert_allclose(covered[1, 0], (np.array(FOR) + 100) / 2, atol=1)
    np.testing.assert_array_equal(overlay(GREY, MAP, 0.0, 4.0), np.broadcast_to(GREY, (2, 3, 3)))


def test_a_map_without_values_changes_nothing_and_divides_by_nothing() -> None:
    empty = np.zeros((2, 3), np.float32)
    assert scale_of(empty) == 0
    np.testing.assert_array_equal(overlay(GREY, empty, 1.0), np.broadcast_to(GREY, (2, 3, 3)))


def test_single_pixels_do_not_make_all_others_pale() -> None:
    values = np.ones((100, 100), np.float32)
    values[0, 0] = -1000
    assert scale_of(values) == 1
    assert scale_of(MAP, 2 * MAP) == pytest.approx(8, rel=0.05)  # one scale for maps that stand side by side


def test_pictures_stand_side_by_side_and_a_file_says_what_it_shows() -> None:
    row = side_by_side(GREY, overlay(GREY, MAP, 1.0))
    assert row.shape == (336, 2 * 504 + 8, 3)
    assert (row[:, :504] == 100).all() and (row[:, 504:512] == 255).all()
    with Image.open(io.BytesIO(png(row, Title="„a“ – 3"))) as image:
        assert image.info["Title"] == "„a“ – 3" and image.size == (1016, 336)
