"""What all charts have in common: colours, labels, the background."""

from collections.abc import Sequence
from html import escape
from typing import Any
from zlib import crc32

import plotly.graph_objects as go

from core.formatting import marks
from core.sanitize import JOIN, distinct, one_line

# Okabe & Ito's colours without their yellow, which vanishes on white, then two more: told apart by colour-blind
# eyes, and readable on a light and on a dark page.
PALETTE = ("#1F83C4", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6BB1", "#7A7A7A")

# A figure as plotly.js takes it: `data`, `layout` and, where it is not the usual one, `config`; JSON values alone.
Chart = dict[str, Any]
MAX_LABEL_CHARS = 40  # characters of a name; the whole stands beside the chart
# What every object of JavaScript has. plotly.js keeps an axis's categories in one, so it takes these for known.
RESERVED_NAMES = {
    "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
    "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
}  # fmt: skip


def plain() -> Chart:
    """What every chart's layout begins with: the usual marks in numbers, the page's background."""
    return {"separators": "".join(marks()), "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


def run_colours(runs: Sequence[str]) -> dict[str, str]:
    """Run id → colour. `runs` are the ids of all runs there are, oldest first, so that every page gives a run the
    same colour; a run's colour comes from its id, or is the next that none of the seven runs before it has."""
    chosen: dict[str, str] = {}
    for run in runs:
        recent = list(chosen.values())[-(len(PALETTE) - 1) :]
        start = crc32(run.encode()) % len(PALETTE)
        ring = PALETTE[start:] + PALETTE[:start]
        chosen[run] = next(colour for colour in ring if colour not in recent)
    return chosen


def words_of(text: str) -> str:
    """Words that people gave, as plotly shows them: it takes `<b>`, `<a href>` and `&amp;` for markup."""
    return escape(one_line(text, MAX_LABEL_CHARS), quote=False)


def labels(names: Sequence[str]) -> list[str]:
    """The same for classes, which stay distinct: those with the same label would be drawn as one."""
    free = [name + JOIN if one_line(name) in RESERVED_NAMES else name for name in names]
    return [escape(name, quote=False) for name in distinct(free, MAX_LABEL_CHARS)]


def still(figure: go.Figure, height: int) -> go.Figure:
    """What bars and tables of colours have in common: no background of their own, little empty space."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": None},
        **plain(),
    )
