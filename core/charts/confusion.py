"""The confusion matrix as a table of colours."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.style import BUTTONS_PX, PALETTE, Chart, axis_title, is_dark, labels, plain
from core.formatting import count
from core.locale import _

MAX_CLASSES_WITH_NUMBERS = 20  # classes from which on the cells of a confusion matrix are too small for numbers
MAX_CLASSES_IN_MATRIX = 400  # classes from which on they are too small to be seen, and megabytes to send

# Most of a good model's mistakes are a few in a hundred: the scales spend half of their blue below a tenth. Both begin
# with the page's background; towards 1 one grows dark, the other light.
ON_LIGHT = [[0.01, "#E3EEF9"], [0.1, "#9ECAE1"], [0.5, "#4292C6"], [1, "#08306B"]]
ON_DARK = [[0.01, "#18293A"], [0.1, "#1D4A73"], [0.5, "#3B87C0"], [1, "#D3E9F8"]]
WHITE = "#FFFFFF"


CELLS = ("counts", "row", "column")  # what the numbers are; the colour of counts follows the share of the row
HEIGHT_PX = 420


def confusion_chart(
    confusion: Sequence[Sequence[int]],
    classes: Sequence[str],
    cells: str,
    *,
    background: str = WHITE,
    chosen: tuple[int | None, int | None] = (None, None),
) -> Chart:
    """True class by row, answered class by column. The colour follows the share of the row, so that a rare class's
    mistakes do not look small, or that of the column; the number is that share too, or the count. `background` is the
    page's, `#RRGGBB`; a frame is drawn round the `chosen` row, column or cell, by their places."""
    counts = [[int(n) for n in row] for row in confusion]
    of_row = [sum(row) for row in counts]
    of_column = [sum(column) for column in zip(*counts, strict=True)]
    parts = [
        [100 * n / max(of_column[j] if cells == "column" else of_row[i], 1) for j, n in enumerate(row)]
        for i, row in enumerate(counts)
    ]
    if cells == "column":
        hover = _("%{y} answered as %{x}: %{text} images, %{z:.2f}\u00a0% of the column")
    else:
        hover = _("%{y} answered as %{x}: %{text} images, %{z:.2f}\u00a0% of the row")
    names = labels(classes)
    heat = {
        "type": "heatmap",
        "z": parts,
        "x": names,
        "y": names,
        "coloraxis": "coloraxis",
        "text": [[count(n) for n in row] for row in counts],  # templates do not see two-dimensional customdata
        "texttemplate": ("%{text}" if cells == "counts" else "%{z:.0f}\u00a0%")
        if len(classes) <= MAX_CLASSES_WITH_NUMBERS
        else None,
        "hovertemplate": hover + "<extra></extra>",
    }
    scale = [[0, background], *(ON_DARK if is_dark(background) else ON_LIGHT)]
    layout = {
        "coloraxis": {"colorscale": scale, "cmin": 0, "cmax": 100, "showscale": False},
        "xaxis": {"type": "category", "side": "bottom", "title": axis_title(_("answered")), "automargin": True},
        "yaxis": {
            "type": "category", "autorange": "reversed", "title": axis_title(_("true")), "automargin": True
        },
        "height": HEIGHT_PX,
        "margin": {"l": 8, "r": 8, "t": BUTTONS_PX, "b": 8},
        "shapes": frame(chosen, len(classes)),
    }  # fmt: skip
    return {"data": [heat], "layout": plain() | layout}


def frame(chosen: tuple[int | None, int | None], classes: int) -> list[Chart]:
    """Round a row, a column or a cell; none where neither is chosen. A place lies in the middle of its cell."""
    row, column = chosen
    if row is None and column is None:
        return []
    y0, y1 = (-0.5, classes - 0.5) if row is None else (row - 0.5, row + 0.5)
    x0, x1 = (-0.5, classes - 0.5) if column is None else (column - 0.5, column + 0.5)
    line = {"color": PALETTE[2], "width": 2}
    return [{"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": line}]


def confusion_matrix(
    confusion: Sequence[Sequence[int]], classes: Sequence[str], *, shares: bool, background: str = WHITE
) -> go.Figure:
    """The same for a picture that stands still, with counts or with shares of the row."""
    return go.Figure(confusion_chart(confusion, classes, "row" if shares else "counts", background=background))
