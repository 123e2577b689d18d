"""How often values occur, as lines over their range."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.charts.style import PALETTE, Chart, axis_title, plain
from core.locale import _

if TYPE_CHECKING:
    from core.insight.walk import Histogram

DASHES = ("solid", "dash")  # colour is never the only sign


def histogram_lines(found: "Mapping[str, Histogram]", title: str) -> Chart:
    """Name → histogram, one line each; `title` says what the values are."""
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": [float(one) for one in histogram.middles],
            "y": [100 * float(one) for one in histogram.shares],
            "line": {"color": PALETTE[place % len(PALETTE)], "dash": DASHES[place % 2], "shape": "hvh"},
            "hovertemplate": "%{x:.3g}: %{y:.1f}\u00a0%<extra></extra>",
        }
        for place, (name, histogram) in enumerate(found.items())
    ]
    layout = {
        "xaxis": {"title": axis_title(title), "automargin": True},
        "yaxis": {
            "title": axis_title(_("share of them")),
            "ticksuffix": "\u00a0%",
            "rangemode": "tozero",
            "automargin": True,
        },
        "height": 240,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "showlegend": len(lines) > 1,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    }
    return {"data": lines, "layout": plain() | layout, "config": {"staticPlot": True}}
