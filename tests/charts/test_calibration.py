"""Pictures of whether probabilities can be believed."""

import numpy as np

from core.charts.calibration import MAX_POINTS, coverage_chart, reliability_chart
from core.insight.calibration import coverage_curve, reliability

SURE = np.array([0.55, 0.57, 0.99, 0.99, 0.99])
RIGHT = np.array([True, False, True, True, True])


def test_a_bar_is_how_often_answers_that_sure_are_right() -> None:
    found = reliability(SURE, RIGHT)
    assert found is not None
    bars, even = reliability_chart(found)["data"]
    assert bars["y"] == [50, 100] and bars["text"] == ["2", "3"]
    assert all(low < 60 or low > 90 for low in bars["x"]) and even["x"] == even["y"] == [0, 100]
    assert len(reliability_chart(found, found)["data"]) == 3


def test_the_curve_of_many_images_has_few_points_and_keeps_its_end() -> None:
    random = np.random.default_rng(0)
    curve = coverage_curve(random.random(10_000), random.random(10_000) < 0.5)
    line, mark = coverage_chart(curve, 0.5, (0.5, 0.6))["data"]
    assert len(line["x"]) <= MAX_POINTS + 1 and line["x"][-1] == 100
    assert (mark["x"], mark["y"]) == ([50], [60])
    assert len(coverage_chart(curve, 1.0, None)["data"]) == 1
