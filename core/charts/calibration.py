"""Whether probabilities can be believed, as pictures: the reliability diagram, and accuracy over coverage."""

from core.charts.style import BUTTONS_PX, PALETTE, Chart, axis_title, plain
from core.insight.calibration import Coverage, Reliability
from core.insight.comparison import thin
from core.locale import _

HEIGHT_PX = 340
MAX_POINTS = 500  # of a curve; more would not be seen
STILL = {"displayModeBar": False}
SHARE = {"range": [0, 1.02], "tickformat": ".0%", "automargin": True}


def reliability_chart(found: Reliability, after: Reliability | None = None) -> Chart:
    """A bar a bin: how often answers of that probability are right. On the diagonal they are as often right as they
    are sure. `after`: the same with a temperature, as points."""
    width = found.bins[0].high - found.bins[0].low
    filled = [one for one in found.bins if one.count]
    bars = {
        "type": "bar",
        "name": _("as trained"),
        "x": [(one.low + one.high) / 2 for one in filled],
        "y": [one.accuracy for one in filled],
        "width": width,
        "marker": {"color": PALETTE[0], "opacity": 0.75, "line": {"width": 1, "color": PALETTE[0]}},
        "customdata": [[one.count, one.confidence] for one in filled],
        "hovertemplate": _("sure by %{customdata[1]:.1%}, right %{y:.1%}: %{customdata[0]:,} images")
        + "<extra></extra>",
    }
    even = {"type": "scatter", "mode": "lines", "name": _("as sure as right"), "x": [0, 1], "y": [0, 1],
            "hoverinfo": "skip", "line": {"color": PALETTE[9], "dash": "dash", "width": 1.5}}  # fmt: skip
    data = [bars, even]
    if after is not None:
        there = [one for one in after.bins if one.count]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": _("with the temperature"),
                "x": [one.confidence for one in there],
                "y": [one.accuracy for one in there],
                "line": {"color": PALETTE[2]},
                "hovertemplate": _("sure by %{x:.1%}, right %{y:.1%}") + "<extra></extra>",
            }
        )
    axes = {
        "xaxis": SHARE | {"title": axis_title(_("probability of the answer"))},
        "yaxis": SHARE | {"title": axis_title(_("share that is right"))},
    }
    return {"data": data, "layout": plain() | axes | look(), "config": STILL}


def coverage_chart(curve: Coverage, threshold: float, at: tuple[float, float] | None) -> Chart:
    """The accuracy on the answers that are given, over the share of the images that get one; a mark where the threshold
    stands, `at` (coverage, accuracy)."""
    places = thin(len(curve.coverage), MAX_POINTS)
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [float(curve.coverage[i]) for i in places],
        "y": [float(curve.accuracy[i]) for i in places],
        "customdata": [float(curve.thresholds[i]) for i in places],
        "line": {"color": PALETTE[0], "width": 2},
        "hovertemplate": _("%{y:.2%} of %{x:.1%} of the images, from a probability of %{customdata:.1%} on")
        + "<extra></extra>",
    }
    data = [line]
    if at is not None:
        data.append(
            {"type": "scatter", "mode": "markers", "x": [at[0]], "y": [at[1]], "hoverinfo": "skip",
             "marker": {"color": PALETTE[2], "size": 11}}
        )  # fmt: skip
    axes = {
        "xaxis": SHARE | {"title": axis_title(_("share of the images that get an answer"))},
        "yaxis": {"tickformat": ".1~%", "title": axis_title(_("accuracy on these")), "automargin": True},
    }
    return {"data": data, "layout": plain() | axes | look() | {"showlegend": False}, "config": STILL}


def look() -> Chart:
    return {
        "height": HEIGHT_PX,
        "margin": {"l": 8, "r": 12, "t": BUTTONS_PX, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
    }
