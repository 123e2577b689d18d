"""Several seeds as one line: the mean and the standard deviation of the epochs that all of them have."""

import pytest

from core.insight.seed_curves import mean_curves
from core.runs.seeds import group_name
from tests.insight.test_comparison import a_run, an_epoch


def rows(*accuracies: float | None):
    return [an_epoch(epoch, accuracy) for epoch, accuracy in enumerate(accuracies)]


def test_mean_and_spread_of_what_all_have() -> None:
    runs = [a_run("fast", 1), a_run("fast 2", 2), a_run("fast 3", 3)]
    epochs = {runs[0].id: rows(0.1, 0.8, 0.9), runs[1].id: rows(0.1, 0.6, 0.9), runs[2].id: rows(0.1, 0.7)}
    (line,) = mean_curves(runs, epochs, "accuracy", "epoch")
    assert (line.run, line.name, line.part) == (runs[0].id, "fast (mean of 3 seeds)", "val")
    assert line.x == [0, 1] and line.y == line.smoothed == [pytest.approx(0.1), pytest.approx(0.7)]
    low, high = line.band
    assert (low[0], high[0]) == (pytest.approx(0.1), pytest.approx(0.1))
    assert (low[1], high[1]) == (pytest.approx(0.6), pytest.approx(0.8)), "the sample deviation of .6 .7 .8 is .1"
    assert group_name(runs[:2]) == "fast (mean of 2 seeds)"


def test_an_epoch_without_a_number_in_one_of_them_is_left_out() -> None:
    runs = [a_run("one", 1), a_run("two", 2)]
    epochs = {runs[0].id: rows(0.1, None, 0.9), runs[1].id: rows(0.3, 0.6, 0.7)}
    (line,) = mean_curves(runs, epochs, "accuracy", "epoch")
    assert line.x == [0, 2] and line.y == [pytest.approx(0.2), pytest.approx(0.8)]


def test_nothing_in_common_is_no_line() -> None:
    runs = [a_run("one", 1), a_run("two", 2)]
    assert mean_curves(runs, {runs[0].id: rows(0.1), runs[1].id: []}, "accuracy", "epoch") == []
