"""What a report is made of: sections of words, tables, charts, pictures and code. Plain values, none of them HTML;
`page` writes them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from core.charts.style import Chart, Mark
from core.locale import _

MAX_RUNS = 20  # of one report: of more, columns and lines cannot be told apart


@dataclass(frozen=True)
class Words:
    """A paragraph. `large` is what is read first, `warning` a doubt, `note` a person's own text with its lines,
    `missing` what cannot be shown and why, `screen` what paper does not say."""

    text: str
    kind: Literal["plain", "large", "warning", "note", "missing", "screen"] = "plain"
    lead: str = ""  # set off before it
    block: ClassVar[str] = "words"


@dataclass(frozen=True)
class Table:
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Collection[int] = ()  # columns that stand at the right
    marked: Collection[int] = ()  # rows that stand out
    block: ClassVar[str] = "table"


@dataclass(frozen=True)
class Figure:
    """One chart of `core.charts`; `label` says it in words, `title` stands above it."""

    chart: Chart
    label: str
    title: str = ""


@dataclass(frozen=True)
class Figures:
    """Charts beside one another, where there is room."""

    figures: Sequence[Figure]
    block: ClassVar[str] = "figures"


@dataclass(frozen=True)
class Legend:
    """Of each run its letter, its name and what it is drawn with."""

    runs: Sequence[tuple[str, str, Mark]]
    block: ClassVar[str] = "legend"


@dataclass(frozen=True)
class Picture:
    """An image as a PNG file, with a line below it and its description for those who cannot see it."""

    png: bytes
    caption: str
    label: str


@dataclass(frozen=True)
class Pictures:
    pictures: Sequence[Picture]
    block: ClassVar[str] = "pictures"


@dataclass(frozen=True)
class Code:
    """What is typed, or the content of a `file` that can be saved from the report."""

    text: str
    file: str = ""
    block: ClassVar[str] = "code"


Block = Words | Table | Figures | Legend | Pictures | Code


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    title: str
    subtitle: str
    sections: Sequence[Section]


def missing(text: str, lead: str = "") -> Words:
    return Words(text, "missing", lead)


def with_missing_last(sections: Sequence[Section]) -> list[Section]:
    """The same sections, in which nothing is missing: what is, is told in one more at the end, and no section is
    empty."""
    told: list[Block] = []
    kept = []
    for section in sections:
        blocks = []
        for one in section.blocks:
            if isinstance(one, Words) and one.kind == "missing":
                told.append(replace(one, lead=": ".join(filter(None, [section.title, one.lead]))))
            else:
                blocks.append(one)
        kept += [replace(section, blocks=blocks)] if blocks else []
    return [*kept, Section(_("What cannot be shown here"), told)] if told else kept
