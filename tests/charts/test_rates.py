"""The two small charts of learning rates show what they are given."""

import math

from core.charts.rates import range_chart, schedule_chart


def test_a_schedule_over_its_epochs():
    chart = schedule_chart([0, 0.5, 1], [0.1, 0.05, 0.01], 2)
    (line,) = chart["data"]
    assert (line["x"], line["y"]) == ([0, 0.5, 1], [0.1, 0.05, 0.01])
    assert chart["layout"]["xaxis"]["range"] == [0, 2]


def test_a_range_test_with_the_rate_suggested_and_the_rate_now():
    chart = range_chart([1e-3, 1e-2, 1e-1], [2.0, 1.0, 50.0], [2.0, 1.5, 9.0], 1e-2, 0.5)
    raw, mean = chart["data"]
    assert raw["y"] == [2.0, 1.0, 50.0] and mean["y"] == [2.0, 1.5, 9.0]
    assert [shape["x0"] for shape in chart["layout"]["shapes"]] == [0.5, 1e-2]
    _title, now, suggested = chart["layout"]["annotations"]
    assert (now["x"], suggested["x"]) == (math.log10(0.5), -2)
    assert chart["layout"]["yaxis"]["range"][1] < 9, "a loss that explodes leaves the chart"


def test_a_rate_that_is_suggested_already_is_marked_once():
    notes = range_chart([1e-3, 1e-2], [2.0, 1.0], [2.0, 1.5], 1e-2, 1e-2)["layout"]["annotations"]
    assert [note["text"] for note in notes[1:]] == ["suggested"]


def test_without_a_suggestion_only_the_rate_now_stands_there():
    assert len(range_chart([1e-3, 1e-2], [2.0, 1.0], [2.0, 1.5], None, 0.1)["layout"]["shapes"]) == 1
