"""Changes that a person makes to the images of a data set, without touching where they came from: another class, left
out, another split, an image added, a note. A list of them is a small CSV file that people read, review and share."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np

from core.datasets.class_names import MAX_NAME_CHARS
from core.datasets.copies import pixel_digest
from core.errors import BadInput, unknown
from core.files.csv_text import csv_text
from core.locale import N_
from core.sanitize import one_line, without_escape
from core.settings.fields import Settings

Action = Literal["relabel", "exclude", "move", "add", "keep", "note"]
CHANGES: tuple[Action, ...] = ("relabel", "exclude", "move", "add")  # what makes a version differ from its source
SPLITS = ("train", "val", "test")
COLUMNS = ("action", "split", "number", "file", "digest", "was", "value", "made")
DIGEST = re.compile(r"p[0-9a-f]{16}")  # with a letter before, or a spreadsheet takes some for numbers
VERSION_NAME = re.compile(r"\w[\w .+-]*")
MAX_VERSION_NAME_CHARS = 40
MAX_NOTE_CHARS = 500
MAX_EDITS = 200_000  # rows of a file: more than images that anybody looks at
ACTION_TITLES: dict[Action, str] = {
    "relabel": N_("Another class"),
    "exclude": N_("Left out"),
    "move": N_("Another split"),
    "add": N_("Added"),
    "keep": N_("Looked at, and right"),
    "note": N_("Note"),
}


@dataclass(frozen=True)
class Edit:
    """One change to one image, which its split and its number there name (from 0, as the source has them); an image
    that is added has no number, and `split` is where it goes. `digest` is of its pixels: should the source change, an
    edit never reaches another image. `was` and `value` are the class or the split before and after, or `value` the
    words of a note."""

    action: Action
    split: str
    number: int | None
    file: str  # the name of its file; "" where it has none
    digest: str  # of its pixels, as `image_digest` writes it
    was: str
    value: str
    made: str  # ISO 8601, UTC

    @property
    def image(self) -> tuple[str, int | str]:
        """Which image it is about."""
        return ("added", self.digest) if self.number is None else (self.split, self.number)

    @property
    def changes(self) -> bool:
        """Whether a version with it differs from its source."""
        return self.action in CHANGES


class Edited(Settings):
    """Which edits a version of a data set has, and of what."""

    changes: int  # edits that change something
    unmatched: int  # of these, edits of images that the set does not have any more
    base: str  # the fingerprint of the set as it came


def image_digest(image: np.ndarray) -> str:
    """What identifies the pixels of an image (H, W, C) in an edit."""
    return f"p{pixel_digest(image):016x}"


def now() -> str:
    """The time as edits have it, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def merged(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Of the edits of one kind to one image the last one. What says that an image is right (`keep`) and what says that
    it is not (`exclude`, `relabel`) replace each other."""
    found: dict[tuple[object, str], Edit] = {}
    for edit in edits:
        opposite = {"exclude": ("keep",), "relabel": ("keep",), "keep": ("exclude", "relabel")}
        for action in (edit.action, *opposite.get(edit.action, ())):
            found.pop((edit.image, action), None)
        found[edit.image, edit.action] = edit
    return tuple(found.values())


def count_of(edits: Iterable[Edit]) -> int:
    """How many of them change something: a note and a mark do not."""
    return sum(edit.changes for edit in edits)


def version_name(text: str) -> str:
    """The name of a version as it is kept; `BadInput` for one that cannot be part of a file's name."""
    name = one_line(text)
    if not VERSION_NAME.fullmatch(name) or len(name) > MAX_VERSION_NAME_CHARS or name.endswith("."):
        raise BadInput(
            "A version cannot be called {name:name}: its name begins with a letter or a digit, and has at most "
            "{most} letters, digits, spaces, dots, plus and minus signs.",
            name=one_line(text, MAX_VERSION_NAME_CHARS),
            most=MAX_VERSION_NAME_CHARS,
        )
    return name


def to_text(edits: Iterable[Edit]) -> str:
    """The edits as a CSV file. No text in it is a formula to a spreadsheet."""
    return csv_text(COLUMNS, (
        (one.action, one.split, one.number, one.file, one.digest, one.was, one.value, one.made) for one in edits
    ))  # fmt: skip


def from_text(text: str) -> tuple[Edit, ...]:
    """The edits of such a file, from anyone. `BadInput` names the line that is no edit."""
    text = text.removeprefix("\ufeff")
    # Spreadsheets of many countries write semicolons, as their decimals have commas.
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found: list[Edit] = []
    try:
        head = [cell.strip() for cell in next(rows, [])]
        if missing := [name for name in COLUMNS if name not in head]:
            raise BadInput(
                "This is no list of edits: its first line lacks {missing}. It has these columns: {columns}.",
                missing=", ".join(missing),
                columns=", ".join(COLUMNS),
            )
        for row in rows:
            if not any(row):
                continue
            if len(found) == MAX_EDITS:
                raise BadInput("The list has more than {most:count} edits. Divide it.", most=MAX_EDITS)
            try:
                found.append(_edit(dict(zip(head, row, strict=False))))
            except BadInput as problem:
                raise BadInput("Line {line:count} is no edit: {problem}", line=rows.line_num, problem=problem) from None
    except csv.Error as error:
        raise BadInput("Line {line:count} cannot be read as CSV ({reason}).", line=rows.line_num,
                       reason=str(error)) from error  # fmt: skip
    return merged(found)


def _edit(cells: dict[str, str]) -> Edit:
    action, split, number, file, digest, was, value, made = (
        without_escape(one_line(cells.get(name, ""))) for name in COLUMNS
    )
    kind = next((one for one in get_args(Action) if one == action), None)
    if kind is None:
        raise unknown("action", action, get_args(Action))
    _one_of(SPLITS, "split", split)
    if not DIGEST.fullmatch(digest):
        raise BadInput("{digest:name} is no digest of an image: that is a p and 16 hexadecimal digits.", digest=digest)
    if (kind == "add" and number) or (kind != "add" and not (number.isascii() and number.isdecimal())):
        raise BadInput("{number:name} is no number of an image; an image that is added has none.", number=number)
    if kind == "move":
        _one_of(SPLITS, "split", value)
    if kind in ("relabel", "add") and not value:
        raise BadInput("the class is missing.")
    value = value[: MAX_NOTE_CHARS if kind == "note" else MAX_NAME_CHARS]
    return Edit(kind, split, int(number) if number else None, file, digest, was, value, made)


def _one_of(known: tuple[str, ...], kind: str, name: str) -> None:
    if name not in known:
        raise unknown(kind, name, known)
