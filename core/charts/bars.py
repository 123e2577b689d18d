"""Bars: the classes that an answer considered, and the images of each class."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.charts.style import BUTTONS_PX, PALETTE, Chart, labels, plain, still
from core.formatting import percent
from core.insight.image_names import own_split_title
from core.locale import _


def probability_bars(names: Sequence[str], probabilities: Sequence[float], colour: str = PALETTE[0]) -> Chart:
    """The classes that an answer considered, first one on top; the likeliest is filled, the others pale. It changes
    with every stroke, so it is plain values, and a static plot without zoom."""
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
        # No lines of a grid: they would cross the percentages, which say more.
        "xaxis": {
            "range": [0, 1],
            "tickvals": [0, 0.5, 1],
            "ticktext": [percent(p, 0) for p in (0, 0.5, 1)],
            "showgrid": False,
        },
        "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "showgrid": False},
        "height": 40 + 24 * len(names),
        # A margin in pixels holds the longest label, however narrow the bars are.
        "margin": {"l": 8, "r": 56, "t": 8, "b": 24},
    }
    return {"data": [bars], "layout": plain() | layout, "config": {"staticPlot": True}}


def class_count_bars(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> go.Figure:
    """Images of each class as bars, one colour and pattern a split (`counts`: split → number by class)."""
    sizes = {split: sum(numbers) for split, numbers in counts.items()}
    figure = go.Figure()
    for place, (split, numbers) in enumerate(counts.items()):
        figure.add_bar(
            x=labels(classes),
            y=list(numbers),
            name=own_split_title(split, sizes),
            marker={"color": PALETTE[place], "pattern": {"shape": ("", "/", ".")[place % 3]}},
            hovertemplate=_("%{x}: %{y:,} images"),
        )
    figure.update_xaxes(type="category", title=None)
    figure.update_yaxes(title=_("images"), rangemode="tozero")
    # The legend stands above the bars, and above it plotly's buttons.
    return still(figure.update_layout(barmode="group"), 370).update_layout(margin={"t": 2 * BUTTONS_PX})
