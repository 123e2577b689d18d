"""Images as points on a plane, in groups that differ by colour and by shape."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.charts.style import BUTTONS_PX, PALETTE, Chart, labels, plain, words_of
from core.formatting import percent
from core.insight.image_map import ImageMap
from core.locale import _

HEIGHT_PX = 560
MAX_GROUPS_IN_LEGEND = 20
SYMBOLS = (
    "circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "pentagon", "hexagon", "star",
)  # fmt: skip
SIZE_PX = 7
SMALL_PX = 5  # where there are many
MANY = 3000  # points
BUTTONS = [["toImage"], ["lasso2d", "select2d", "zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"]]


def map_chart(
    found: ImageMap, groups: NDArray[np.int64], names: Sequence[str], words: Sequence[str], *,
    marked: int | None = None, selected: NDArray[np.int64] | None = None, revision: int = 0,
) -> Chart:  # fmt: skip
    """One point an image. `groups` (N,) are places in `names`, `words` (N) what is said of each image; `marked` is the
    place in the data set of an image that is pointed out, `selected` are those that stand out. A new `revision`
    takes away what a person has drawn around others."""
    kind = "scattergl" if len(groups) > MANY else "scatter"  # as SVG, 10,000 points are slow to draw and to select
    chosen_ones = None if selected is None or not len(selected) else np.isin(found.indices, selected)
    size = SMALL_PX if len(groups) > MANY else SIZE_PX
    titles = labels(names)
    points = np.round(found.points, 3)
    data = []
    for group in range(len(names)):
        chosen = np.flatnonzero(groups == group)
        if not len(chosen):
            continue
        symbol = SYMBOLS[(group + group // len(PALETTE)) % len(SYMBOLS)]  # a colour that comes again has another shape
        trace = {} if chosen_ones is None else {"selectedpoints": np.flatnonzero(chosen_ones[chosen]).tolist()}
        data.append(
            trace
            | {
                "type": kind,
                "mode": "markers",
                "name": titles[group],
                "x": points[chosen, 0].tolist(),
                "y": points[chosen, 1].tolist(),
                "customdata": [[int(found.indices[i])] for i in chosen],
                "text": [words_of(words[int(i)]) for i in chosen],
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {"color": PALETTE[group % len(PALETTE)], "symbol": symbol, "size": size, "opacity": 0.75},
                "unselected": {"marker": {"opacity": 0.15}},
            }
        )
    here = np.flatnonzero(found.indices == marked)
    if len(here) and marked is not None:
        x, y = points[here[0]].tolist()
        data.append(
            {"type": kind, "mode": "markers", "x": [x], "y": [y], "customdata": [[marked]], "hoverinfo": "skip",
             "showlegend": False, "marker": {"symbol": "circle-open", "size": 20, "color": PALETTE[2],
                                             "line": {"width": 3}}}
        )  # fmt: skip
    first, second = (axis(found, place) for place in (0, 1))
    layout = {
        "height": HEIGHT_PX,
        "margin": {"l": 8, "r": 8, "t": BUTTONS_PX, "b": 8},
        "hovermode": "closest",
        "dragmode": "lasso",
        "selectionrevision": revision,
        "showlegend": 1 < len(data) <= MAX_GROUPS_IN_LEGEND,
        "legend": {"orientation": "h", "x": 0, "y": -0.06, "yanchor": "top", "itemsizing": "constant"},
        "xaxis": first,
        "yaxis": second | {"scaleanchor": "x"},
    }
    return {"data": data, "layout": plain() | layout, "config": {"modeBarButtons": BUTTONS}}


def axis(found: ImageMap, place: int) -> Chart:
    """Without numbers, which would mean nothing; of principal components with the share of the variance."""
    plane = {"showticklabels": False, "zeroline": False, "showspikes": False, "automargin": True}
    if found.explained is None:
        return plane
    words = _("component {n}, {share} of the variance", n=place + 1, share=percent(found.explained[place], 1))
    return plane | {"title": {"text": words, "standoff": 6, "font": {"size": 12}}}
