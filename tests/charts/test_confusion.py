"""The confusion matrix as colours, with counts or shares in its cells."""

import pytest

from core.charts.confusion import confusion_chart, confusion_matrix

COUNTS, NAMES = [[8, 2, 0], [1, 3, 0], [1, 0, 0]], ["a", "<b>", "c"]


@pytest.mark.parametrize(
    ("cells", "first"), [("counts", [0.8, 0.2, 0]), ("row", [0.8, 0.2, 0]), ("column", [0.8, 0.4, 0])]
)
def test_colours_follow_the_share_of_the_row_or_the_column(cells: str, first: list[float]) -> None:
    heat = confusion_chart(COUNTS, NAMES, cells)["data"][0]
    assert heat["z"][0] == pytest.approx([100 * share for share in first])
    assert heat["texttemplate"] == ("%{text}" if cells == "counts" else "%{z:.0f}\u00a0%")
    assert cells != "column" or "of the column" in heat["hovertemplate"]
    assert heat["x"] == ["a", "&lt;b&gt;", "c"]


@pytest.mark.parametrize(
    ("chosen", "places"),
    [((0, 1), (0.5, 1.5, -0.5, 0.5)), ((2, None), (-0.5, 2.5, 1.5, 2.5)), ((None, 0), (-0.5, 0.5, -0.5, 2.5))],
)
def test_what_is_chosen_is_framed(chosen: tuple, places: tuple) -> None:
    (frame,) = confusion_chart(COUNTS, NAMES, "counts", chosen=chosen)["layout"]["shapes"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == places
    assert confusion_chart(COUNTS, NAMES, "counts")["layout"]["shapes"] == []


def test_a_picture_that_stands_still_is_the_same() -> None:
    figure = confusion_matrix(COUNTS, NAMES, shares=True, background="#101010")
    assert figure.data[0].z[0][0] == 80 and figure.layout.coloraxis.colorscale[0] == (0, "#101010")
