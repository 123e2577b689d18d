"""Runs as points and as lines over axes: what is drawn is what was set and measured."""

import plotly.graph_objects as go
import pytest

from core.charts.settings_scores import MAX_WORD_CHARS, parallel_chart, scatter_chart
from core.insight.settings_scores import ScoreColumn, SettingColumn
from core.training.metrics.spec import SHARES

SCORE = ScoreColumn("test_accuracy", "Test accuracy", {"a": 0.9, "b": 0.8, "c": 0.7}, SHARES)
RATE = SettingColumn("optimizer.lr", "Learning rate", {"a": 0.1, "b": 0.01, "c": 0.001, "d": 1.0}, log=True)
MODEL = SettingColumn("model.name", "Model", {"a": "CNN", "b": "CNN", "c": "<b>MLP</b>"})
NAMES = {"a": "first", "b": "second <b>", "c": "third", "d": "still trains"}


def test_a_point_a_run_that_has_the_score() -> None:
    chart = scatter_chart(RATE, SCORE, NAMES, {"a": "#000000"})
    (points,) = chart["data"]
    assert (points["x"], points["y"]) == ([0.1, 0.01, 0.001], [90, 80, 70])
    assert points["text"][1] == "second &lt;b&gt;" and points["marker"]["color"][0] == "#000000"
    assert chart["layout"]["xaxis"]["type"] == "log"
    go.Figure(chart["data"], chart["layout"])  # plotly knows every word of it


def test_words_are_a_category_and_equal_words_one_place() -> None:
    chart = scatter_chart(MODEL, SCORE, NAMES, {})
    (points,) = chart["data"]
    assert points["x"][0] == points["x"][1] == "CNN" and points["x"][2] == "&lt;b&gt;MLP&lt;/b&gt;"
    assert chart["layout"]["xaxis"]["type"] == "category"


def test_parallel_axes_hold_each_setting_and_the_score_last() -> None:
    chart = parallel_chart([RATE, MODEL], SCORE)
    rate, model, score = chart["data"][0]["dimensions"]
    assert rate["values"] == [-1, -2, -3] and rate["ticktext"] == ["0.001", "0.01", "0.1"]
    assert model["values"] == [0, 0, 1] and model["ticktext"] == ["CNN", "&lt;b&gt;MLP&lt;/b&gt;"]
    assert score["values"] == chart["data"][0]["line"]["color"] == [90, 80, 70]
    assert score["label"] == "Test accuracy (%)"
    go.Figure(chart["data"], chart["layout"])


def test_a_parallel_axis_names_its_values_where_they_are_few_and_in_short() -> None:
    epochs = SettingColumn("training.epochs", "Epochs", {"a": 20.0, "b": 3.0, "c": 3.0})
    rates = SettingColumn("optimizer.lr", "Learning rate", {"a": 1e-5, "b": 3e-4, "c": 0.1}, log=True)
    words = SettingColumn("model.weights", "Weights", {"a": "of a run with a long name 1", "b": "of a run 2", "c": "–"})
    first, second, third, _score = parallel_chart([epochs, rates, words], SCORE)["data"][0]["dimensions"]
    assert first["tickvals"] == [3, 20] and first["ticktext"] == ["3", "20"]
    assert second["ticktext"] == ["1e-5", "3e-4", "0.1"]
    assert all(len(word) <= MAX_WORD_CHARS for word in third["ticktext"])


@pytest.mark.parametrize("many", [3, 30])
def test_there_are_no_more_axes_than_are_read(many: int) -> None:
    settings = [SettingColumn(f"model.x{i}", f"Setting {i}", {"a": 1.0, "b": 2.0, "c": 3.0}) for i in range(many)]
    assert len(parallel_chart(settings, SCORE)["data"][0]["dimensions"]) == min(many + 1, 9)
