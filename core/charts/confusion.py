"""The confusion matrix as a table of colours."""

from collections.abc import Sequence

import plotly.express as px
import plotly.graph_objects as go

from core.charts.style import is_dark, labels, still
from core.formatting import count
from core.locale import _

MAX_CLASSES_WITH_NUMBERS = 20  # classes from which on the cells of a confusion matrix are too small for numbers
MAX_CLASSES_IN_MATRIX = 400  # classes from which on they are too small to be seen, and megabytes to send

# Most of a good model's mistakes are a few in a hundred: the scales spend half of their blue below a tenth. Both begin
# with the page's background; towards 1 one grows dark, the other light.
ON_LIGHT = [[0.01, "#E3EEF9"], [0.1, "#9ECAE1"], [0.5, "#4292C6"], [1, "#08306B"]]
ON_DARK = [[0.01, "#18293A"], [0.1, "#1D4A73"], [0.5, "#3B87C0"], [1, "#D3E9F8"]]
WHITE = "#FFFFFF"


def confusion_matrix(
    confusion: Sequence[Sequence[int]], classes: Sequence[str], *, shares: bool, background: str = WHITE
) -> go.Figure:
    """True class by row, answered class by column. The colour follows the share of the row, so that a rare class's
    mistakes do not look small; the number is that share too, or the count. `background` is the page's, `#RRGGBB`."""
    counts = [[int(n) for n in row] for row in confusion]
    parts = [[n / max(sum(row), 1) for n in row] for row in counts]
    figure = px.imshow(
        parts,
        x=labels(classes),
        y=labels(classes),
        labels={"x": _("answered"), "y": _("true")},
        color_continuous_scale=[[0, background], *(ON_DARK if is_dark(background) else ON_LIGHT)],
        zmin=0,
        zmax=1,
        aspect="auto",  # as wide as the page: a telephone is narrow
    )
    figure.update_traces(
        text=[[count(n) for n in row] for row in counts],  # a heatmap's templates do not see two-dimensional customdata
        texttemplate=("%{z:.0%}" if shares else "%{text}") if len(classes) <= MAX_CLASSES_WITH_NUMBERS else None,
        hovertemplate=_("true %{y}, answered %{x}: %{text} images, %{z:.2%} of the row") + "<extra></extra>",
    )
    figure.update_xaxes(type="category", side="bottom")
    figure.update_yaxes(type="category")
    return still(figure, 420).update_layout(coloraxis_showscale=False)
