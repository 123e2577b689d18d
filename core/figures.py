"""Tables to plotly figures. The only module that imports plotly; it decides how things look, never what they are."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from zlib import crc32

import plotly.express as px
import plotly.graph_objects as go

from core.formatting import THIN, count, percent
from core.insight.comparison import Axis, Curve
from core.sanitize import JOIN, distinct, one_line
from core.training.metrics import described
from core.training.metrics.spec import ChartAxis, MetricSpec

# Okabe & Ito's colours without their yellow, which vanishes on white, then two more: told apart by colour-blind
# eyes, and readable on a light and on a dark page.
PALETTE = ("#1F83C4", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7A7A7A")

PARTS = {"train": "training", "val": "validation"}
AXES = {"epoch": "epoch", "step": "step", "seconds": "time since start (s)"}
# A figure as plotly.js takes it: `data`, `layout` and, where it is not the usual one, `config`; JSON values alone.
Chart = dict[str, Any]
# What every chart's layout begins with: a decimal point and the thousands apart as everywhere else, the page's ground.
PLAIN = {"separators": f".{THIN}", "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
MAX_LABEL_CHARS = 40  # characters of a name; the whole stands beside the chart
# What every object of JavaScript has. plotly.js keeps an axis's categories in one, so it takes these for known.
RESERVED_NAMES = {
    "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
    "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
}  # fmt: skip
MAX_POINTS_WITH_MARKERS = 40  # points up to which each one is marked


def colours(runs: Sequence[str]) -> dict[str, str]:
    """Run id → colour. `runs` are the ids of all runs there are, oldest first, so that every page gives a run the
    same colour; a run's colour comes from its id, or is the next that none of the seven runs before it has."""
    chosen: dict[str, str] = {}
    for run in runs:
        recent = list(chosen.values())[-(len(PALETTE) - 1) :]
        start = crc32(run.encode()) % len(PALETTE)
        ring = PALETTE[start:] + PALETTE[:start]
        chosen[run] = next(colour for colour in ring if colour not in recent)
    return chosen


def line_charts(
    panels: Mapping[str, Sequence[Curve]],
    colours: Mapping[str, str],
    *,
    x: Axis = "epoch",
    log: bool = False,
    columns: int = 2,
    val_name: str = PARTS["val"],
) -> Chart:
    """One panel a metric, side by side with one legend: training solid, validation dashed, the best point marked.

    `log` gives a logarithmic axis to metrics that have one. `val_name` says what the dashed line was measured on.
    Made as plain values: it is drawn anew each second, and plotly's own classes take longer than all the rest.
    """
    data: list[Chart] = []
    layout: Chart = {"annotations": []}
    several = len({curve.run for curves in panels.values() for curve in curves}) > 1
    words = {**PARTS, "val": val_name}
    named: set[str] = set()
    for place, (metric, curves) in enumerate(panels.items(), start=1):
        spec = described(metric)
        for curve in curves:
            part = words.get(curve.part, curve.part)
            name = f"{words_of(curve.name)}, {part}" if several else part
            colour = colours.get(curve.run, PALETTE[0])
            for trace in traces(curve, spec.axis, name, colour):
                trace |= {"xaxis": f"x{place}", "yaxis": f"y{place}"}
                if "showlegend" not in trace:
                    trace["showlegend"] = name not in named
                    named.add(name)
                data.append(trace)
        axis = "" if place == 1 else str(place)
        logarithmic = log and spec.axis.log
        layout[f"xaxis{axis}"] = {
            "title": {"text": AXES[x], "standoff": 6, "font": {"size": 12}},
            "matches": None if place == 1 else "x",
            "rangemode": "tozero",
            "hoverformat": ".4~g",
        }
        layout[f"yaxis{axis}"] = {
            "type": "log" if logarithmic else "linear",
            "tickformat": (logarithmic and spec.axis.log_tick) or spec.axis.tick,
            "rangemode": "tozero" if spec.axis.from_zero and not logarithmic else "normal",
            "nticks": 6,
        }
        layout["annotations"].append(
            {
                "text": heading(spec),
                "xref": f"x{axis} domain",
                "yref": f"y{axis} domain",
                "x": 0,
                "y": 1.02,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    rows = -(-len(panels) // columns) or 1
    layout |= {
        "grid": {"rows": rows, "columns": min(columns, max(len(panels), 1)), "pattern": "independent"}
        | {"xgap": 0.14, "ygap": 0.32},
        "height": 60 + 250 * rows,
        "margin": {"l": 52, "r": 16, "t": 58, "b": 44},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
        "hovermode": "x unified",
    }
    return {"data": data, "layout": PLAIN | layout}


def heading(spec: MetricSpec) -> str:
    """Title of a panel, with the unit of its axis."""
    unit = f" ({escape(spec.unit, quote=False)})" if spec.unit else ""
    return f"<b>{escape(spec.title, quote=False)}</b>{unit}"


def traces(curve: Curve, axis: ChartAxis, name: str, colour: str) -> list[Chart]:
    """The lines of one curve: raw and faint behind, smoothed in front, a diamond on the best point."""
    line = {"color": colour, "width": 2, "dash": "dash" if curve.part == "val" else "solid"}
    common = {"type": "scatter", "name": name, "legendgroup": name}
    hover = {"hovertemplate": axis.hover}
    at = short(curve.x)
    drawn: list[Chart] = []
    if curve.smoothed != curve.y:
        faint = {"mode": "lines", "line": {**line, "width": 1, "dash": "solid"}, "opacity": 0.3}
        drawn.append(common | faint | {"x": at, "y": short(curve.y), "hoverinfo": "skip", "showlegend": False})
    mode = "lines+markers" if len(curve.x) <= MAX_POINTS_WITH_MARKERS else "lines"
    front = {"mode": mode, "line": line, "marker": {"size": 5}}
    drawn.append(common | front | hover | {"x": at, "y": short(curve.smoothed)})
    if curve.best is not None:
        mark = {"symbol": "diamond-open", "size": 12, "color": colour, "line": {"width": 2}}
        best = {"name": "best", "mode": "markers", "marker": mark, "showlegend": False}
        drawn.append(common | best | hover | {"x": [curve.best[0]], "y": [curve.best[1]]})
    return drawn


def words_of(text: str) -> str:
    """Words that people gave, as plotly shows them: it takes `<b>`, `<a href>` and `&amp;` for markup."""
    return escape(one_line(text, MAX_LABEL_CHARS), quote=False)


def labels(names: Sequence[str]) -> list[str]:
    """The same for classes, which stay apart: those with one label would be drawn as one."""
    free = [name + JOIN if one_line(name) in RESERVED_NAMES else name for name in names]
    return [escape(name, quote=False) for name in distinct(free, MAX_LABEL_CHARS)]


def short(values: Sequence[float]) -> list[float]:
    """The same with six significant digits: finer than a screen, and half the bytes."""
    return [float(f"{value:.6g}") for value in values]


def lettered(chart: Chart, panels: Mapping[str, Sequence[Curve]], letters: Mapping[str, str]) -> Chart:
    """Put each run's letter (run id → letter) at the end of its lines and leave the legend to the page: with many
    runs a legend covers the curves, and colour alone does not tell them apart for everybody. Letters of lines that
    end together stand above one another, in the order of their lines."""
    layout = chart["layout"]
    notes = list(layout["annotations"])
    for place, curves in enumerate(panels.values(), start=1):
        axis = "" if place == 1 else str(place)
        logarithmic = layout[f"yaxis{axis}"]["type"] == "log"
        lines = [[math.log10(max(y, 1e-12)) if logarithmic else y for y in curve.smoothed] for curve in curves]
        low, high = min(map(min, lines), default=0.0), max(map(max, lines), default=0.0)
        ends = {curve.run: (curve.x[-1], line[-1]) for curve, line in zip(curves, lines, strict=True)}
        for group in ending_together(ends):
            wanted = [PANEL_HEIGHT_PX * (ends[run][1] - low) / (high - low or 1) for run in group]
            for run, at, to in zip(group, wanted, apart(wanted, LETTER_HEIGHT_PX, PANEL_HEIGHT_PX), strict=True):
                notes.append({
                    "x": ends[run][0], "y": ends[run][1], "xref": f"x{axis}", "yref": f"y{axis}", "xanchor": "left",
                    "xshift": 7, "yshift": to - at, "text": f"<b>{letters[run]}</b>", "showarrow": False,
                })  # fmt: skip
    margin = {**layout["margin"], "t": 32, "r": 28}
    return {**chart, "layout": {**layout, "annotations": notes, "showlegend": False, "margin": margin}}


PANEL_HEIGHT_PX = 160  # pixels of height that a panel has at least
LETTER_HEIGHT_PX = 13  # pixels of height that a letter takes
LETTER_WIDTH_SHARE = 0.05  # of a panel's width: what two letters side by side need


def ending_together(ends: Mapping[str, tuple[float, float]]) -> list[list[str]]:
    """The runs in groups that end at about the same x, each from the lowest to the highest end."""
    groups: list[list[str]] = []
    near = LETTER_WIDTH_SHARE * max((x for x, _ in ends.values()), default=0)
    for run in sorted(ends, key=lambda run: ends[run]):
        if groups and ends[run][0] - ends[groups[-1][-1]][0] <= near:
            groups[-1].append(run)
        else:
            groups.append([run])
    return [sorted(group, key=lambda run: ends[run][1]) for group in groups]


def apart(wanted: Sequence[float], least: float, top: float) -> list[float]:
    """Places as near to the rising ones `wanted` as may be, `least` apart, and below `top` as far as there is room."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + least) if places else place)
    for back in range(1, len(places) + 1):
        places[-back] = min(places[-back], top)
        top = places[-back] - least
    return places


def probability_bars(names: Sequence[str], probabilities: Sequence[float], colour: str = PALETTE[0]) -> Chart:
    """The classes that an answer considered, first one on top; the likeliest is filled, the others pale. It changes
    with every stroke, so it is plain values, and stands as still as a picture."""
    top = max(probabilities, default=0)
    bars = {
        "type": "bar",
        "x": list(probabilities),
        "y": labels(names),
        "orientation": "h",
        "marker": {"color": colour, "opacity": [1 if p == top else 0.55 for p in probabilities]},
        "text": [percent(p, 1) for p in probabilities],
        "textposition": "outside",
        "cliponaxis": False,
    }
    layout = {
        "xaxis": {"range": [0, 1], "tickformat": ".0%", "tickvals": [0, 0.5, 1]},
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True},
        "height": 40 + 24 * len(names),
        # A margin in pixels holds the longest label, however narrow the bars are.
        "margin": {"l": 8, "r": 56, "t": 8, "b": 24},
    }
    return {"data": [bars], "layout": PLAIN | layout, "config": {"staticPlot": True}}


# Still pictures


def still(figure: go.Figure, height: int) -> go.Figure:
    """What bars and tables of colours have in common: no ground of their own, little empty space."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": None},
        **PLAIN,
    )


def class_counts(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> go.Figure:
    """Images of each class as bars, one colour and pattern a split (`counts`: split → number by class)."""
    names = {"train": "Training", "val": "Validation", "test": "Test"}
    figure = go.Figure()
    for place, (split, numbers) in enumerate(counts.items()):
        figure.add_bar(
            x=labels(classes),
            y=list(numbers),
            name=names.get(split, split),
            marker={"color": PALETTE[place], "pattern": {"shape": ("", "/", ".")[place % 3]}},
            hovertemplate="%{x}: %{y:,} images",
        )
    figure.update_xaxes(type="category", title=None)
    figure.update_yaxes(title="images", rangemode="tozero")
    return still(figure.update_layout(barmode="group"), 340)


MAX_CLASSES_WITH_NUMBERS = 20  # classes from which on the cells of a confusion matrix are too small for numbers
MAX_CLASSES_IN_MATRIX = 400  # classes from which on they are too small to be seen, and megabytes to send

# Most of a good model's mistakes are a few in a hundred: the scale spends half of its blue below a tenth.
BLUES = [[0, "#F7FBFF"], [0.01, "#E3EEF9"], [0.1, "#9ECAE1"], [0.5, "#4292C6"], [1, "#08306B"]]


def confusion_matrix(confusion: Sequence[Sequence[int]], classes: Sequence[str], *, shares: bool) -> go.Figure:
    """True class by row, answered class by column. The colour follows the share of the row, so that a rare class's
    mistakes do not look small; the number is that share too, or the count."""
    counts = [[int(n) for n in row] for row in confusion]
    parts = [[n / max(sum(row), 1) for n in row] for row in counts]
    figure = px.imshow(
        parts,
        x=labels(classes),
        y=labels(classes),
        labels={"x": "answered", "y": "true"},
        color_continuous_scale=BLUES,
        zmin=0,
        zmax=1,
        aspect="auto",  # as wide as there is room for: a telephone has little
    )
    figure.update_traces(
        text=[[count(n) for n in row] for row in counts],  # a heatmap's templates do not see two-dimensional customdata
        texttemplate=("%{z:.0%}" if shares else "%{text}") if len(classes) <= MAX_CLASSES_WITH_NUMBERS else None,
        hovertemplate="true %{y}, answered %{x}: %{text} images, %{z:.2%} of the row<extra></extra>",
    )
    figure.update_xaxes(type="category", side="bottom")
    figure.update_yaxes(type="category")
    return still(figure, 420).update_layout(coloraxis_showscale=False, margin={"t": 8})
