"""How curves are drawn: what a reader relies on to tell them apart."""

import json
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts import curves as drawing
from core.charts.bars import class_count_bars, probability_bars
from core.charts.confusion import confusion_matrix
from core.charts.curves import LETTER_HEIGHT_PX, apart, ending_together
from core.charts.style import GREY, PALETTE, RUN_COLOURS, SYMBOLS, Mark, labels, run_colours, run_marks
from core.formatting import percent
from core.insight.comparison import Curve
from core.training.metrics import METRICS

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
    assert (mark.x, mark.y) == ((1.0,), (0.9,)) and mark.cliponaxis is False, "whole at the edge, too"


def test_each_panel_has_axes_and_the_legend_each_name_once() -> None:
    figure = line_charts({"loss": [TRAIN, VAL], "accuracy": [TRAIN, VAL]}, {})
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == ["training", "validation"]
    assert {trace.yaxis for trace in figure.data} == {"y1", "y2"} or {t.yaxis for t in figure.data} == {"y", "y2"}
    assert figure.layout.xaxis2.matches == "x"
    assert figure.layout.xaxis.autorangeoptions.include == (0, 1), "no `epoch 0.005` at the start"
    assert line_charts({"loss": [TRAIN]}, {}, to_epoch=20).layout.xaxis.autorangeoptions.include == (0, 20)


def test_no_number_beside_an_axis_is_in_thousandths() -> None:
    """SI prefixes make `500m` of half an image a second."""
    assert not [spec.name for spec in METRICS.entries.values() if spec.axis.tick.endswith("s")]


def test_shares_are_drawn_as_per_cent_with_a_space_before_the_sign() -> None:
    share = Curve("a", "mine", "val", [0, 1], [0.5, 0.25], [0.5, 0.5], (0, 0.5), ([0.4, 0.2], [0.6, 0.3]))
    chart = line_charts({"accuracy": [share], "loss": [share]}, {})
    band, raw, smoothed, best, *_ = chart.data
    assert (list(raw.y), list(smoothed.y), list(best.y)) == ([50, 25], [50, 50], [50])
    assert list(band.y) == [60, 30, 20, 40] and raw.hovertemplate.endswith("\u00a0%")
    assert chart.layout.yaxis.ticksuffix == "\u00a0%" and not chart.layout.yaxis2.ticksuffix
    assert list(chart.data[5].y) == [0.5, 0.25], "a loss is no share"
    assert "%" not in "".join(spec.axis.tick for spec in METRICS.entries.values())


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
    for start in range(len(runs) - len(RUN_COLOURS) + 1):
        assert {many[run] for run in runs[start : start + len(RUN_COLOURS)]} == set(RUN_COLOURS)
    assert GREY not in RUN_COLOURS, "a run would look like what it is compared with"


def test_each_of_the_runs_side_by_side_has_a_colour_of_its_own_and_keeps_its_own_where_it_can() -> None:
    runs = [f"run{i}" for i in range(200)]
    own = run_colours(runs)
    shown = [run for run in runs if own[run] in PALETTE[:5]][::10][:8]  # eight that would share five colours
    assert len({own[run] for run in shown}) <= 5
    marks = run_marks(shown, runs)
    assert list(marks) == shown and marks == run_marks(shown[::-1], runs), "whatever the order they were chosen in"
    assert len({mark.colour for mark in marks.values()}) == 8 and not any(mark.symbol for mark in marks.values())
    assert run_marks(shown[-1:], runs) == {shown[-1]: Mark(own[shown[-1]])}
    assert run_marks(runs[50:59], runs) == {run: Mark(own[run]) for run in runs[50:59]}


def test_more_runs_than_colours_are_told_apart_by_their_markers() -> None:
    runs = [f"run{i}" for i in range(50)]
    marks = run_marks(runs, runs)
    assert len(set(marks.values())) == 50
    assert {mark.symbol for mark in list(marks.values())[:9]} == {None}
    assert {mark.symbol for mark in marks.values()} == {None, *SYMBOLS}
    long = Curve("a", "mine", "val", [*range(500)], [1.0] * 500, [1.0] * 500)
    (line,) = lines(line_charts({"loss": [long]}, {}, symbols={"a": "square"}))
    assert (line.mode, line.marker.symbol) == ("lines+markers", "square") and line.marker.maxdisplayed <= 10


THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
# What each kind of colour blindness makes of linear light (Machado, Oliveira & Fernandes 2009, severity 1.0).
SIGHT = {
    "usual": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    value = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG has it."""
    dark, light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def oklab(light: np.ndarray) -> np.ndarray:
    """Björn Ottosson's colour space, in which distances are those that are seen."""
    cones = np.cbrt(light.clip(0, 1) @ np.array([
        [0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005],
    ]))  # fmt: skip
    return cones @ np.array([
        [0.2104542553, 1.9779984951, 0.0259040371], [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660],
    ])  # fmt: skip


def test_colours_of_runs_are_seen_on_both_pages_and_by_colour_blind_eyes() -> None:
    assert len(PALETTE) == len(set(PALETTE)) == 10 and list(PALETTE) == THEME["chartCategoricalColors"]
    for page in ("light", "dark"):
        assert min(contrast(colour, THEME[page]["backgroundColor"]) for colour in PALETTE) >= 3, page
    for name, sight in SIGHT.items():
        seen = [oklab(np.array(sight) @ linear(colour)) for colour in PALETTE]
        least = min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2))
        assert least >= (0.15 if name == "usual" else 0.075), name


def test_a_confusion_matrix_begins_with_the_background_of_the_page_and_grows_away_from_it() -> None:
    for page in ("light", "dark"):
        background = THEME[page]["backgroundColor"]
        scale = confusion_matrix([[1]], ["a"], shares=True, background=background).layout.coloraxis.colorscale
        assert scale[0] == (0, background)
        steps = [contrast(colour, background) for _share, colour in scale]
        assert steps == sorted(steps) and steps[-1] > 10, page


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
        chart = drawing.line_charts({"loss": curves}, {"a": "#123456"}, log=log, letters=letters)
        notes = {note.text[3]: note for note in go.Figure(chart).layout.annotations if note.showarrow}
        below = {letter: note.ay for letter, note in notes.items()}  # pixels
        assert set(below) == set("ABCD") and below["C"] >= 0 and below["D"] == 0
        assert sorted([below["A"], below["B"]]) == [-LETTER_HEIGHT_PX, 0]
        assert notes["A"].arrowcolor == "#123456", "the thin line to it"
    assert ending_together({"a": (6, 0.3), "b": (6, 0.1), "d": (3, 0.1)}) == [["d"], ["b", "a"]]


def test_places_are_kept_apart_and_below_the_top() -> None:
    assert apart([0, 1, 50], 10, 100) == [0, 10, 50]
    assert apart([98, 99, 100], 10, 100) == [80, 90, 100]
    assert apart([50, 50, 50], 10, 100) == [40, 50, 60], "as near as possible: on both sides"
    assert apart([20, 22, 60, 90], 10, 100) == [16, 26, 60, 90], "and only those that are too near"
    assert apart([5, 5, 5], 10, 15) == [0, 10, 20], "more than fit"


def test_a_letter_stands_at_the_line_that_goes_further() -> None:
    training = Curve("a", "mine", "train", [0.5, 1.5], [3.0, 2.0], [3.0, 2.0])
    chart = drawing.line_charts({"loss": [training, VAL]}, {}, letters={"a": "A"})
    (note,) = [note for note in chart["layout"]["annotations"] if note["showarrow"]]
    assert (note["x"], note["y"]) == (1.5, 2.0)


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


def test_the_run_that_others_are_compared_with_stands_grey_behind_them() -> None:
    def line(run: str, part: str) -> Curve:
        return Curve(run, f"name of {run}", part, [0.0, 1.0], [1.0, 0.5], [1.0, 0.5], (1.0, 0.5))

    panels = {"loss": [line("old", "train"), line("old", "val"), line("new", "train"), line("new", "val")]}
    chart = drawing.line_charts(panels, {"old": "#111111", "new": "#222222"}, ghost="old")
    old = [trace for trace in chart["data"] if trace.get("line", {}).get("color") == GREY]
    assert [trace["line"]["dash"] for trace in old] == ["solid", "dash"]
    assert all(trace["mode"] == "lines" for trace in old)
    legend = [trace["name"] for trace in chart["data"] if trace["showlegend"]]
    assert legend == ["name of old", "training", "validation"]
    assert sum(trace["mode"] == "markers" for trace in chart["data"]) == 2, "the best points are those of the new run"


def test_the_band_around_a_mean_lies_behind_its_line() -> None:
    curve = Curve("a", "x", "val", [0, 1], [0.5, 0.7], [0.5, 0.7], None, ([0.4, 0.6], [0.6, 0.8]))
    area, line = line_charts({"accuracy": [curve]}, {"a": "#123456"}).data
    assert list(area.y) == [60, 80, 60, 40] and list(area.x) == [0, 1, 1, 0]
    assert area.fill == "toself" and area.hoverinfo == "skip" and not area.showlegend
    assert list(line.y) == [50, 70] and line.line.dash == "dash"


def exploding(*losses: float) -> Curve:
    return Curve("a", "x", "train", list(range(len(losses))), list(losses), list(losses))


def test_a_loss_that_explodes_leaves_the_chart_and_the_heading_says_so() -> None:
    figure = line_charts({"loss": [exploding(2.3, 1.0, 4e12), VAL]}, {"a": "#123456"})
    assert figure.layout.yaxis.autorangeoptions.clipmax == pytest.approx(3 * 2.3)
    assert figure.layout.yaxis.autorangeoptions.clipmin == 0, "nor is there room for it below"
    assert "up to 4e12, above the chart" in figure.layout.annotations[0].text
    assert 4e12 in figure.data[0].y, "the numbers are all there"


def test_a_run_behind_that_explodes_takes_no_height_from_the_one_before_it() -> None:
    own = Curve("b", "y", "train", [0, 1], [2.0, 0.5], [2.0, 0.5])
    figure = line_charts({"loss": [exploding(2.3, 4e12), own]}, {"b": "#123456"}, ghost="a")
    assert figure.layout.yaxis.autorangeoptions.clipmax == pytest.approx(1.05 * 2.0)
    assert "grey up to 4e12, above the chart" in figure.layout.annotations[0].text
    both = line_charts({"loss": [exploding(2.3, 9.0), exploding(2.3, 8.0)]}, {}, ghost="b")
    assert both.layout.yaxis.autorangeoptions.clipmax == pytest.approx(3 * 2.3)


@pytest.mark.parametrize("losses", [(2.3, 1.0, 6.8), (2.3, 0.001, 0.0001), (0.0, 0.0)])
def test_a_loss_that_falls_or_rises_a_little_is_seen_whole(losses: tuple[float, ...]) -> None:
    figure = line_charts({"loss": [exploding(*losses)]}, {"a": "#123456"})
    assert figure.layout.yaxis.autorangeoptions.clipmax is None
    assert "above" not in figure.layout.annotations[0].text


def test_on_a_logarithmic_axis_nothing_is_left_out() -> None:
    figure = line_charts({"loss": [exploding(2.3, 4e12)]}, {"a": "#123456"}, log=True)
    assert figure.layout.yaxis.autorangeoptions.clipmax is None
