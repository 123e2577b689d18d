"""Two small charts of learning rates: how a schedule moves the rate over a run, and the loss of a range test."""

import math
from collections.abc import Sequence

from core import formatting
from core.charts.curves import short
from core.charts.style import GREY, PALETTE, Chart, axis_title, plain
from core.locale import _

HEIGHT_PX = 190  # pixels
STILL = {"displayModeBar": False}  # the buttons would cover half of so small a chart
RAW_OPACITY = 0.35  # of the single losses behind their average


def schedule_chart(epochs: Sequence[float], rates: Sequence[float], last: int) -> Chart:
    """The rate over the epochs, to the epoch `last`."""
    line = {"type": "scatter", "mode": "lines", "x": short(epochs), "y": short(rates), "line": {"color": PALETTE[0]},
            "hovertemplate": "%{y:.3~g}<extra></extra>"}  # fmt: skip
    axes = {
        "xaxis": {"title": axis_title(_("epoch")), "range": [0, last]},
        "yaxis": {"rangemode": "tozero", "tickformat": ".3~g", "nticks": 4},
        "annotations": [heading(_("Learning rate"))],
    }
    return {"data": [line], "layout": plain() | axes | small(), "config": STILL}


def range_chart(rates: Sequence[float], losses: Sequence[float], means: Sequence[float], suggested: float | None,
                now: float) -> Chart:  # fmt: skip
    """The loss of each step of a range test and their average, over the rate; lines at the rate that is `suggested` and
    at the one that the settings have `now`."""
    hover = {"hovertemplate": _("loss %{y:.3f} at %{x:.2~g}") + "<extra></extra>"}
    common = {"type": "scatter", "mode": "lines", "x": short(rates)} | hover
    data = [
        common | {"y": short(losses), "opacity": RAW_OPACITY, "line": {"color": PALETTE[0], "width": 1}},
        common | {"y": short(means), "line": {"color": PALETTE[0], "width": 2}},
    ]
    shapes, notes = [], []
    # On a logarithmic axis plotly takes the place of a shape by its value, that of a note by its exponent.
    lines = [(now, GREY, "dot", _("now"))]
    if suggested:
        lines.append((suggested, PALETTE[5], "solid", _("suggested")))
    for rate, colour, dash, words in lines:
        shapes.append({"type": "line", "x0": rate, "x1": rate, "y0": 0, "y1": 1, "yref": "paper",
                       "line": {"color": colour, "dash": dash, "width": 2}})  # fmt: skip
        notes.append({"x": math.log10(rate), "y": 1, "yref": "paper", "yanchor": "bottom", "text": words,
                      "showarrow": False})  # fmt: skip
    if suggested == now:
        notes = notes[-1:]
    top = 1.25 * max(means[: max(1, len(means) // 2)], default=1.0)  # where the loss leaves the chart, it leaves it
    axes = {
        "xaxis": {
            "title": axis_title(_("learning rate")),
            "type": "log",
            "tickvals": (ticks := decades(rates)),
            "ticktext": [formatting.rate(rate) for rate in ticks],
            "tickangle": 0,
        },
        "yaxis": {"range": [0, top], "nticks": 4},
        "shapes": shapes,
        "annotations": [heading(_("Loss")), *notes],
    }
    return {"data": data, "layout": plain() | axes | small(), "config": STILL}


def decades(rates: Sequence[float]) -> list[float]:
    """Every second power of ten from the lowest rate on."""
    if not rates:
        return []
    first, last = math.ceil(math.log10(min(rates)) - 1e-9), math.floor(math.log10(max(rates)))
    return [10.0**power for power in range(first, last + 1, 2)]


def heading(words: str) -> Chart:
    """The name of the vertical axis, above it."""
    return {"text": f"<b>{words}</b>", "xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left",
            "yanchor": "bottom", "yshift": 18, "showarrow": False}  # fmt: skip


def small() -> Chart:
    return {"height": HEIGHT_PX, "margin": {"l": 52, "r": 12, "t": 46, "b": 42}, "showlegend": False}
