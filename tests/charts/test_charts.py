"""How curves are drawn: what a reader relies on to tell them apart."""

import json

import plotly.graph_objects as go

from core.charts import curves as drawing
from core.charts.bars import class_count_bars, probability_bars
from core.charts.confusion import confusion_matrix
from core.charts.curves import LETTER_HEIGHT_PX, apart, ending_together, lettered
from core.charts.style import PALETTE, labels, run_colours
from core.formatting import percent
from core.insight.comparison import Curve

TRAIN = Curve("a", "mine", "train", [0.5, 1.0, 1.5], [3.0, 1.0, 2.0], [3.0, 2.0, 2.0])
VAL = Curve("a", "mine", "val", [0, 1], [2.3, 0.9], [2.3, 0.9], best=(1, 0.9))


def line_charts(*panels, **options) -> go.Figure:
    """The chart in plotly's own classes, which refuse what plotly.js does not know."""
    return go.Figure(drawing.line_charts(*panels, **options))


def lines(figure) -> list:
    return [trace for trace in figure.data if trace.showlegend is not False]


def test_training_is_solid_and_validation_dashed_in_one_colour() -> None:
    train, val = lines(line_charts({"loss": [TRAIN, VAL]}, {"a": "#123456"}))
    assert (train.name, train.line.dash, train.line.color) == ("training", "solid", "#123456")
    assert (val.name, val.line.dash, val.line.color) == ("validation", "dash", "#123456")


def test_the_raw_curve_is_faint_behind_the_smoothed() -> None:
    raw, smoothed, *_ = line_charts({"loss": [TRAIN]}, {}).data
    assert list(raw.y) == TRAIN.y and list(smoothed.y) == TRAIN.smoothed
    assert raw.opacity < 0.5 and not raw.showlegend
    assert raw.hovertemplate and smoothed.hoverinfo == "skip", "the pointer reads what was measured"


def test_a_curve_that_is_not_smoothed_is_drawn_once() -> None:
    drawn = [t for t in line_charts({"loss": [VAL]}, {}).data if t.mode != "markers"]
    assert len(drawn) == 1


def test_the_best_point_is_marked() -> None:
    (mark,) = [t for t in line_charts({"loss": [VAL]}, {}).data if t.mode == "markers"]
    assert (mark.x, mark.y) == ((1.0,), (0.9,))


def test_each_panel_has_axes_and_the_legend_each_name_once() -> None:
    figure = line_charts({"loss": [TRAIN, VAL], "accuracy": [TRAIN, VAL]}, {})
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == ["training", "validation"]
    assert {trace.yaxis for trace in figure.data} == {"y1", "y2"} or {t.yaxis for t in figure.data} == {"y", "y2"}
    assert figure.layout.xaxis2.matches == "x"


def test_log_is_for_loss_and_learning_rate_only() -> None:
    figure = line_charts({"loss": [TRAIN], "accuracy": [TRAIN], "lr": [TRAIN]}, {}, log=True)
    assert [figure.layout[f"yaxis{n}"].type for n in ("", "2", "3")] == ["log", "linear", "log"]
    assert figure.layout.yaxis3.tickformat == ".1~e" != line_charts({"lr": [TRAIN]}, {}).layout.yaxis.tickformat


def test_several_runs_are_named() -> None:
    other = Curve("b", "yours", "val", [0], [1.0], [1.0])
    assert {t.name for t in lines(line_charts({"loss": [VAL, other]}, {}))} == {"mine, validation", "yours, validation"}


def test_colours_stay_when_runs_are_added_and_differ_among_neighbours() -> None:
    runs = [f"run{i}" for i in range(20)]
    few, many = run_colours(runs[:9]), run_colours(runs)
    assert few == {run: many[run] for run in runs[:9]}
    for start in range(13):
        assert len({many[run] for run in runs[start : start + len(PALETTE)]}) == len(PALETTE)


def test_a_full_chart_is_small_json() -> None:
    curve = Curve("a", "n", "train", [i / 7 for i in range(400)], [1 / (i + 1) for i in range(400)], [0.3] * 400)
    panels = {metric: [curve, curve] for metric in ("loss", "accuracy")} | {"lr": [curve], "images_per_second": [curve]}
    values = drawing.line_charts(panels, {})
    assert len(json.dumps(values)) < 100_000


def test_a_confusion_matrix_draws_its_counts() -> None:
    (heat,) = confusion_matrix([[1034, 2], [0, 7]], ["a", "b"], shares=False).data
    assert heat.texttemplate == "%{text}" and [list(row) for row in heat.text] == [["1\u202f034", "2"], ["0", "7"]]


def test_letters_of_lines_that_end_together_do_not_cover_one_another() -> None:
    curves = [Curve(run, run, "val", [0, end], [1.0, y], [1.0, y]) for run, end, y in
              (("a", 6, 0.1), ("b", 6, 0.1), ("c", 5.9, 0.99), ("d", 3, 0.1))]  # fmt: skip
    letters = dict(zip("abcd", "ABCD", strict=True))
    for log in (False, True):
        figure = go.Figure(lettered(drawing.line_charts({"loss": curves}, {}, log=log), {"loss": curves}, letters))
        drawn = {note.text[3]: note.yshift for note in figure.layout.annotations if note.yshift is not None}
        assert set(drawn) == set("ABCD") and drawn["C"] <= 0 and drawn["D"] == 0
        assert abs(drawn["A"] - drawn["B"]) == LETTER_HEIGHT_PX
    assert ending_together({"a": (6, 0.3), "b": (6, 0.1), "d": (3, 0.1)}) == [["d"], ["b", "a"]]


def test_places_are_kept_apart_and_below_the_top() -> None:
    assert apart([0, 1, 50], 10, 100) == [0, 10, 50]
    assert apart([98, 99, 100], 10, 100) == [80, 90, 100]


def test_the_likeliest_bar_is_filled_and_plotly_knows_every_word_of_it() -> None:
    chart = probability_bars(["3", "8"], [0.75, 0.25], "#123456")
    (bars,) = go.Figure(data=chart["data"], layout=chart["layout"]).data
    assert bars.marker.opacity == (1, 0.55) and bars.marker.color == "#123456"
    assert (bars.y, bars.text[0]) == (("3", "8"), percent(0.75, 1))


def test_names_are_no_markup_and_stay_apart() -> None:
    other = Curve("b", "<b>x</b> &amp; " + "y" * 99, "train", [1.0], [1.0], [1.0])
    names = [trace.name for trace in lines(line_charts({"loss": [TRAIN, other]}, {}))]
    assert names[1].startswith("&lt;b&gt;x&lt;/b&gt; &amp;amp; yyy") and len(names[1]) < 80
    classes = ["<a href='x'>a</a>", "z" * 99, "z" * 98 + "y", "c\x00", "c\x01"]
    matrix = confusion_matrix([[1] * 5] * 5, classes, shares=False)
    assert len(set(matrix.data[0].x)) == 5 and matrix.data[0].x[0] == "&lt;a href='x'&gt;a&lt;/a&gt;"
    assert len(set(probability_bars(classes, [0.2] * 5)["data"][0]["y"])) == 5
    assert len(set(class_count_bars(classes, {"train": [1] * 5}).data[0].x)) == 5


def test_no_label_is_what_every_javascript_object_has() -> None:
    classes = ["constructor", "__proto__", "toString", "ants"]
    shown = labels(classes)
    assert not set(shown) & set(classes[:3]) and shown[3] == "ants"
    assert [label.replace("\N{WORD JOINER}", "") for label in shown] == classes
