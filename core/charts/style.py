"""What all charts have in common: colours, labels, the background."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from zlib import crc32

import plotly.graph_objects as go

from core.formatting import marks
from core.sanitize import JOIN, distinct, one_line

# Ten colours found by search: each has a contrast of 3:1 on the light page and on the dark one, and any two are 0.15
# apart in OKLab, 0.075 for each kind of colour-blind eyes. Okabe & Ito's, made for white paper, are 0.03 apart then.
PALETTE = (
    "#265AE6", "#869600", "#CF0213", "#179BA7", "#F358C1", "#0F7434", "#9081FF", "#C37B72", "#A33AB4", "#676079",
)  # fmt: skip
RUN_COLOURS, GREY = PALETTE[:-1], PALETTE[-1]  # grey is what others are compared with: the run before, a reference
# Where more runs are shown than there are colours, markers tell apart those of one colour: plotly's → a character.
SYMBOLS = {"square": "■", "triangle-up": "▲", "cross": "✚", "star": "★", "hexagon": "⬢"}

# A figure as plotly.js takes it: `data`, `layout` and, where it is not the usual one, `config`; JSON values alone.
Chart = dict[str, Any]
BUTTONS_PX = 36  # pixels of height that plotly's buttons take at the top of a chart
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
    same colour; a run's colour comes from its id, or is the next that none of the eight runs before it has."""
    chosen: dict[str, str] = {}
    for run in runs:
        recent = list(chosen.values())[-(len(RUN_COLOURS) - 1) :]
        start = crc32(run.encode()) % len(RUN_COLOURS)
        ring = RUN_COLOURS[start:] + RUN_COLOURS[:start]
        chosen[run] = next(colour for colour in ring if colour not in recent)
    return chosen


@dataclass(frozen=True)
class Mark:
    """What a run is drawn with."""

    colour: str
    symbol: str | None = None  # one of SYMBOLS, where another run here has the same colour


def run_marks(shown: Sequence[str], runs: Sequence[str]) -> dict[str, Mark]:
    """Run id → what it is drawn with beside the others that are `shown`. It keeps its colour among all `runs`, oldest
    first, unless an older one here has it, too: then it takes one that is free. When none is, colours come again with
    another symbol."""
    own = run_colours(runs)
    marks: dict[str, Mark] = {}
    symbols = [None, *SYMBOLS]
    for number, run in enumerate(sorted(shown, key=list(own).index)):
        turn = number // len(RUN_COLOURS)
        used = {mark.colour for mark in list(marks.values())[turn * len(RUN_COLOURS) :]}  # with this turn's symbol
        free = [colour for colour in RUN_COLOURS if colour not in used]
        marks[run] = Mark(own[run] if own[run] in free else free[0], symbols[turn % len(symbols)])
    return marks


def axis_title(words: str) -> Chart:
    """The name of an axis, in the size that all have."""
    return {"text": words, "standoff": 6, "font": {"size": 12}}


def is_dark(colour: str) -> bool:
    """Whether `#RRGGBB` is nearer to black than to white."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128


def words_of(text: str) -> str:
    """Words that people gave, as plotly shows them: it takes `<b>`, `<a href>` and `&amp;` for markup."""
    return escape(one_line(text, MAX_LABEL_CHARS), quote=False)


def labels(names: Sequence[str]) -> list[str]:
    """The same for classes, which stay distinct: those with the same label would be drawn as one."""
    free = [name + JOIN if one_line(name) in RESERVED_NAMES else name for name in names]
    return [escape(name, quote=False) for name in distinct(free, MAX_LABEL_CHARS)]


def still(figure: go.Figure, height: int) -> go.Figure:
    """What bars and tables of colours have in common: no background of their own, little empty space, but enough at
    the top for plotly's buttons to cover nothing."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": BUTTONS_PX, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": None},
        **plain(),
    )
