"""Accuracy over the strength of a disturbance."""

from core.charts.calibration import SHARE
from core.charts.style import BUTTONS_PX, PALETTE, Chart, axis_title, plain
from core.formatting import of
from core.insight.disturbances import DISTURBANCES
from core.insight.robustness import Robustness
from core.locale import _, translate

HEIGHT_PX = 300


def robustness_chart(found: Robustness) -> Chart:
    """A point a strength, with the interval that holds the true accuracy."""
    points = found.points
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [one.strength for one in points],
        "y": [100 * one.accuracy for one in points],
        "error_y": {
            "type": "data",
            "array": [100 * (one.interval[1] - one.accuracy) for one in points],
            "arrayminus": [100 * (one.accuracy - one.interval[0]) for one in points],
            "thickness": 1.5,
            "color": PALETTE[0],
        },
        "customdata": [of(one.correct, one.total) for one in points],
        "line": {"color": PALETTE[0], "width": 2},
        "marker": {"size": 8},
        "hovertemplate": _("%{y:.1f}\u00a0% at %{x}: %{customdata} images") + "<extra></extra>",
    }
    layout = {
        "height": HEIGHT_PX,
        "margin": {"l": 8, "r": 12, "t": BUTTONS_PX, "b": 8},
        "showlegend": False,
        "xaxis": {"title": axis_title(translate(DISTURBANCES[found.kind].axis)), "automargin": True},
        "yaxis": SHARE | {"title": axis_title(_("accuracy"))},
    }
    return {"data": [line], "layout": plain() | layout, "config": {"displayModeBar": False}}
