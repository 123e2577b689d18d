"""Whether probabilities can be believed, as pictures: the reliability diagram, and accuracy over coverage."""

from core.charts.style import BUTTONS_PX, GREY, PALETTE, Chart, axis_title, plain
from core.formatting import count
from core.insight.calibration import Coverage, Reliability
from core.insight.comparison import thin
from core.locale import _

HEIGHT_PX = 340
MAX_POINTS = 500  # of a curve; more would not be seen
STILL = {"displayModeBar": False}
PERCENT = {"ticksuffix": "\u00a0%", "automargin": True}  # shares are drawn as per cent
SHARE = PERCENT | {"range": [0, 102]}


def reliability_chart(found: Reliability, after: Reliability | None = None) -> Chart:
    """A bar a bin: how often answers of that probability are right. On the diagonal they are as often right as they
    are sure. `after`: the same with a temperature, as points."""
    width = 100 * (found.bins[0].high - found.bins[0].low)
    filled = [one for one in found.bins if one.count]
    bars = {
        "type": "bar",
        "name": _("as trained"),
        "x": [50 * (one.low + one.high) for one in filled],
        "y": [100 * (one.accuracy or 0) for one in filled],
        # How many images stand behind a bar: one of a few says little.
        "text": [count(one.count) for one in filled],
        "textposition": "outside",
        "cliponaxis": False,
        "width": width,
        "marker": {"color": PALETTE[0], "opacity": 0.75, "line": {"width": 1, "color": PALETTE[0]}},
        "customdata": [100 * (one.confidence or 0) for one in filled],
        "hovertemplate": _("sure by %{customdata:.1f}\u00a0%, right %{y:.1f}\u00a0%: %{text} images")
        + "<extra></extra>",
    }
    even = {"type": "scatter", "mode": "lines", "name": _("as sure as right"), "x": [0, 100], "y": [0, 100],
            "hoverinfo": "skip", "line": {"color": GREY, "dash": "dash", "width": 1.5}}  # fmt: skip
    data = [bars, even]
    if after is not None:
        there = [one for one in after.bins if one.count]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": _("with the temperature"),
                "x": [100 * (one.confidence or 0) for one in there],
                "y": [100 * (one.accuracy or 0) for one in there],
                "line": {"color": PALETTE[2]},
                "hovertemplate": _("sure by %{x:.1f}\u00a0%, right %{y:.1f}\u00a0%") + "<extra></extra>",
            }
        )
    axes = {
        "xaxis": SHARE | {"title": axis_title(_("probability of the answer"))},
        # With room for the count above a bar that reaches the top.
        "yaxis": SHARE | {"range": [0, 112], "title": axis_title(_("share that is right"))},
    }
    return {"data": data, "layout": plain() | axes | look(), "config": STILL}


def coverage_chart(curve: Coverage, threshold: float, at: tuple[float, float] | None) -> Chart:
    """The accuracy on the answers that are given, over the share of the images that get one; a mark where the threshold
    stands, `at` (coverage, accuracy)."""
    places = thin(len(curve.coverage), MAX_POINTS)
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [100 * float(curve.coverage[i]) for i in places],
        "y": [100 * float(curve.accuracy[i]) for i in places],
        "customdata": [100 * float(curve.thresholds[i]) for i in places],
        "line": {"color": PALETTE[0], "width": 2},
        "hovertemplate": _(
            "%{y:.2f}\u00a0% of %{x:.1f}\u00a0% of the images, from a probability of %{customdata:.1f}\u00a0% on"
        )
        + "<extra></extra>",
    }
    data = [line]
    if at is not None:
        data.append(
            {"type": "scatter", "mode": "markers", "x": [100 * at[0]], "y": [100 * at[1]], "hoverinfo": "skip",
             "marker": {"color": PALETTE[2], "size": 11}}
        )  # fmt: skip
    axes = {
        "xaxis": SHARE | {"title": axis_title(_("share of the images that get an answer"))},
        "yaxis": PERCENT | {"title": axis_title(_("accuracy on these"))},
    }
    return {"data": data, "layout": plain() | axes | look() | {"showlegend": False}, "config": STILL}


def look() -> Chart:
    return {
        "height": HEIGHT_PX,
        "margin": {"l": 8, "r": 12, "t": BUTTONS_PX, "b": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
    }
