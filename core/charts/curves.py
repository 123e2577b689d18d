"""Curves of runs, a panel a metric: plain values, drawn anew each second."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from itertools import product
from string import ascii_uppercase

from core.charts.style import GREY, PALETTE, Chart, axis_title, plain, words_of
from core.insight.comparison import Axis, Curve
from core.locale import N_, _, translate
from core.training.metrics import spec_of
from core.training.metrics.spec import ChartAxis, MetricSpec

LETTERS = ["".join(pair) for pair in product(["", *ascii_uppercase], ascii_uppercase)]  # A to Z, AA to ZZ
PARTS = {"train": N_("training"), "val": N_("validation"), "test": N_("test")}
AXES = {"epoch": N_("epoch"), "step": N_("step"), "seconds": N_("time since start (s)")}
MAX_POINTS_WITH_MARKERS = 40  # points up to which each one is marked
MAX_SYMBOLS_ON_LINE = 8
BAND_ALPHA = "30"  # of 255 in hexadecimal: how dense the band around a mean is
ROOM = 1.05  # times the highest value of the curves that an axis ends with
FAR_ABOVE = 3  # times the median of the first values: a loss beyond that tells no more than that it grew


def line_charts(
    panels: Mapping[str, Sequence[Curve]],
    colours: Mapping[str, str],
    *,
    x: Axis = "epoch",
    log: bool = False,
    columns: int = 2,
    symbols: Mapping[str, str | None] | None = None,
    ghost: str = "",
    letters: Mapping[str, str] | None = None,
    to_epoch: float = 1,
) -> Chart:
    """One panel a metric, side by side with one legend: training solid, what is measured after every epoch dashed, the
    best point marked.

    `log` gives a logarithmic axis to metrics that have one. `symbols` has the runs that need a second sign beside their
    colour. The run `ghost` (its id) stands grey behind the others. `letters` (run id → letter) stand at the ends of the
    lines instead of a legend. An axis of epochs goes to `to_epoch` at least, and does not begin with `0.005`.
    Made as plain values: it is drawn anew each second, and plotly's own classes take longer than all the rest.
    """
    data: list[Chart] = []
    layout: Chart = {"annotations": []}
    several = len({curve.run for curves in panels.values() for curve in curves} - {ghost}) > 1
    words = {part: translate(name) for part, name in PARTS.items()}
    named: set[str] = set()
    panels = as_drawn(panels)
    for place, (metric, curves) in enumerate(panels.items(), start=1):
        spec = spec_of(metric)
        for curve in curves:
            part = words.get(curve.part, curve.part)
            name = _("{name}, {part}", name=words_of(curve.name), part=part) if several else part
            if curve.run == ghost:
                name = words_of(curve.name)  # once in the legend: its dashes say the rest
            colour = colours.get(curve.run, PALETTE[0])
            drawn = traces(curve, spec.axis, name, colour, (symbols or {}).get(curve.run))
            for trace in behind(drawn) if curve.run == ghost else drawn:
                trace |= {"xaxis": f"x{place}", "yaxis": f"y{place}"}
                if "showlegend" not in trace:
                    trace["showlegend"] = name not in named
                    named.add(name)
                data.append(trace)
        axis = "" if place == 1 else str(place)
        logarithmic = log and spec.axis.log
        layout[f"xaxis{axis}"] = {
            "title": axis_title(translate(AXES[x])),
            "matches": None if place == 1 else "x",
            "rangemode": "tozero",
            "hoverformat": ".4~g",
        }
        if x == "epoch":
            layout[f"xaxis{axis}"]["autorangeoptions"] = {"include": [0, to_epoch]}
        layout[f"yaxis{axis}"] = {
            "type": "log" if logarithmic else "linear",
            "tickformat": (logarithmic and spec.axis.log_tick) or spec.axis.tick,
            "ticksuffix": spec.axis.suffix,
            "rangemode": "tozero" if spec.axis.from_zero and not logarithmic else "normal",
            "nticks": 6,
        }
        top = None if logarithmic else clipped_at(spec, curves, ghost)
        if top is not None:  # one that exploded would press all others flat
            # Plotly adds room in proportion to all values, below as well: it is cut off at both ends.
            lowest = min(min(curve.y) for curve in curves if curve.y)
            layout[f"yaxis{axis}"]["autorangeoptions"] = {"clipmin": min(lowest, 0.0), "clipmax": top}
        layout["annotations"].append(
            {
                "text": heading(spec) + beyond(spec, curves, top, ghost),
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
    chart = {"data": data, "layout": plain() | layout}
    return lettered(chart, panels, letters, colours) if letters else chart


def as_drawn(panels: Mapping[str, Sequence[Curve]]) -> dict[str, list[Curve]]:
    """The same, in the units of the axes."""
    return {metric: [times(curve, spec_of(metric).axis.scale) for curve in curves] for metric, curves in panels.items()}


def times(curve: Curve, scale: float) -> Curve:
    if scale == 1:
        return curve
    y, smoothed = ([scale * value for value in values] for values in (curve.y, curve.smoothed))
    best = curve.best and (curve.best[0], scale * curve.best[1])
    band = curve.band and ([scale * value for value in curve.band[0]], [scale * value for value in curve.band[1]])
    return replace(curve, y=y, smoothed=smoothed, best=best, band=band)


def alt_text(panels: Mapping[str, Sequence[Curve]]) -> str:
    """The newest value of every curve, for readers who do not see the chart."""
    words = []
    for metric, drawn in panels.items():
        for curve in drawn:
            spec = spec_of(metric)
            values = {"run": curve.name, "metric": translate(spec.in_sentence), "value": spec.write(curve.y[-1])}
            if not spec.evaluated:
                words.append(_("{run}, {metric} now {value}", **values))
            else:
                part = translate(PARTS[curve.part])
                words.append(_("{run}, {split} {metric} now {value}", split=part, **values))
    return _("Curves. {values}", values="; ".join(words))


def clipped_at(spec: MetricSpec, curves: Sequence[Curve], ghost: str = "") -> float | None:
    """Where the vertical axis ends, if curves of something that should fall go far above where they began; else None:
    it ends with the curves. Where only the run `ghost` does, the others have the whole height."""
    begun = [curve.y[0] for curve in curves if curve.y]
    if spec.direction != "lower" or not begun:
        return None
    top = FAR_ABOVE * statistics.median(begun)
    if not 0 < top < highest(curves):
        return None
    own = highest([curve for curve in curves if curve.run != ghost])
    return ROOM * own if 0 < own < top else top


def highest(curves: Sequence[Curve]) -> float:
    return max((max(curve.y) for curve in curves if curve.y), default=0.0)


def beyond(spec: MetricSpec, curves: Sequence[Curve], top: float | None, ghost: str = "") -> str:
    """What the heading says of values that the axis leaves out; "" if it leaves out none."""
    if top is None:
        return ""
    above = spec.write(highest(curves) / spec.axis.scale)
    if highest([curve for curve in curves if curve.run != ghost]) <= top:
        words = _("grey up to {highest}, above the chart", highest=above)
    else:
        words = _("up to {highest}, above the chart", highest=above)
    return " · " + escape(words, quote=False)


def heading(spec: MetricSpec) -> str:
    """Title of a panel, with the unit of its axis."""
    unit = f" ({escape(translate(spec.unit), quote=False)})" if spec.unit else ""
    return f"<b>{escape(translate(spec.title), quote=False)}</b>{unit}"


def traces(curve: Curve, axis: ChartAxis, name: str, colour: str, symbol: str | None = None) -> list[Chart]:
    """The lines of one curve: raw and faint behind, smoothed in front, a diamond on the best point. A `symbol` stands
    on some points of any line, else short lines have small dots."""
    line = {"color": colour, "width": 2, "dash": "solid" if curve.part == "train" else "dash"}
    common = {"type": "scatter", "name": name, "legendgroup": name}
    hover = {"hovertemplate": axis.hover}
    at = short(curve.x)
    drawn: list[Chart] = []
    if curve.band:
        low, high = map(short, curve.band)
        area = {"mode": "lines", "line": {"width": 0}, "fill": "toself", "fillcolor": f"{colour}{BAND_ALPHA}"}
        drawn.append(common | area | {"x": [*at, *at[::-1]], "y": [*high, *low[::-1]], "hoverinfo": "skip",
                                      "showlegend": False, "opacity": 1})  # fmt: skip
    smoothed = curve.smoothed != curve.y
    if smoothed:  # what the pointer reads is what was measured, not its average
        faint = {"mode": "lines", "line": {**line, "width": 1, "dash": "solid"}, "opacity": 0.3}
        drawn.append(common | faint | hover | {"x": at, "y": short(curve.y), "showlegend": False})
    mode = "lines+markers" if symbol or len(curve.x) <= MAX_POINTS_WITH_MARKERS else "lines"
    marker = {"symbol": symbol, "size": 9, "maxdisplayed": MAX_SYMBOLS_ON_LINE} if symbol else {"size": 5}
    front = {"mode": mode, "line": line, "marker": marker}
    read = {"hoverinfo": "skip"} if smoothed else hover
    drawn.append(common | front | read | {"x": at, "y": short(curve.smoothed)})
    if curve.best is not None:
        mark = {"symbol": "diamond-open", "size": 12, "color": colour, "line": {"width": 2}}
        best = {"name": _("best"), "mode": "markers", "marker": mark, "showlegend": False, "cliponaxis": False}
        drawn.append(common | best | hover | {"x": [curve.best[0]], "y": [curve.best[1]]})
    return drawn


def behind(drawn: Sequence[Chart]) -> list[Chart]:
    """The lines of a curve that others are compared with: thin and grey, without marks."""
    lines = [trace for trace in drawn if "line" in trace and "opacity" not in trace]
    thin = {"width": 1.5, "color": GREY}
    return [trace | {"mode": "lines", "line": trace["line"] | thin} for trace in lines]


def short(values: Sequence[float]) -> list[float]:
    """The same with six significant digits: finer than a screen, and half the bytes."""
    return [float(f"{value:.6g}") for value in values]


def lettered(
    chart: Chart, panels: Mapping[str, Sequence[Curve]], letters: Mapping[str, str], colours: Mapping[str, str]
) -> Chart:
    """Put each run's letter beside the end of its line (`panels` in the units of the axes) and leave the legend to the
    page: with many runs a legend covers the curves, and not every reader can tell them apart by colour alone. Letters
    of lines that end together stand above one another, in the order of their lines, each with a thin line to its
    own."""
    layout = chart["layout"]
    notes = list(layout["annotations"])
    for place, curves in enumerate(panels.values(), start=1):
        axis = "" if place == 1 else str(place)
        logarithmic = layout[f"yaxis{axis}"]["type"] == "log"
        top = layout[f"yaxis{axis}"].get("autorangeoptions", {}).get("clipmax", math.inf)
        lines = [
            [math.log10(max(y, 1e-12)) if logarithmic else min(y, top) for y in curve.smoothed] for curve in curves
        ]
        low, high = min(map(min, lines), default=0.0), max(map(max, lines), default=0.0)
        ends: dict[str, tuple[float, float]] = {}
        for curve, line in zip(curves, lines, strict=True):  # of a run's lines, the one that goes further
            if curve.run not in ends or curve.x[-1] >= ends[curve.run][0]:
                ends[curve.run] = curve.x[-1], line[-1]
        for group in ending_together(ends):
            wanted = [PANEL_HEIGHT_PX * (ends[run][1] - low) / (high - low or 1) for run in group]
            for run, at, to in zip(group, wanted, apart(wanted, LETTER_HEIGHT_PX, PANEL_HEIGHT_PX), strict=True):
                notes.append({
                    "x": ends[run][0], "y": ends[run][1], "xref": f"x{axis}", "yref": f"y{axis}", "xanchor": "left",
                    "ax": LETTER_DISTANCE_PX, "ay": at - to, "text": f"<b>{letters[run]}</b>",
                    "showarrow": True, "arrowhead": 0, "arrowwidth": 1, "standoff": 4, "borderpad": 0,
                    "arrowcolor": colours.get(run, PALETTE[0]),
                })  # fmt: skip
    margin = {**layout["margin"], "t": 32, "r": 2 * LETTER_DISTANCE_PX}
    return {**chart, "layout": {**layout, "annotations": notes, "showlegend": False, "margin": margin}}


PANEL_HEIGHT_PX = 120  # pixels of height between the lowest and the highest point of a panel, at least
LETTER_HEIGHT_PX = 13  # pixels of height that a letter takes
LETTER_DISTANCE_PX = 16  # pixels from the end of a line to its letter
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
    """Places as near as possible to the rising ones `wanted`, `least` apart, from 0 to `top` as far as they fit.

    Isotonic regression: what is left of each place without the room for those below it must not fall; where it does,
    neighbours share their mean."""
    blocks: list[tuple[float, int]] = []  # mean and length
    for place, value in enumerate(wanted):
        mean, length = value - place * least, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, length = (mean * length + before * count) / (length + count), length + count
        blocks.append((mean, length))
    highest = max(0.0, top - (len(wanted) - 1) * least)
    starts = [min(max(mean, 0.0), highest) for mean, length in blocks for _ in range(length)]
    return [start + place * least for place, start in enumerate(starts)]
