"""A table of paths and labels, as people write them: CSV, TSV or JSON Lines, with columns of the usual names."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from core.errors import BadInput, unknown
from core.importing.zip_names import code_page
from core.locale import N_, _, translate
from core.locale.messages import SettingName
from core.sandbox.image_formats import IMAGE_ENDINGS
from core.sanitize import one_line

ENDINGS = (".csv", ".tsv", ".jsonl")
MAX_TABLE_BYTES = 64 * 2**20  # bytes of a table
MAX_ROWS = 200_000  # as many as a folder may have files
MAX_CELL_CHARS = 4096  # characters of a path or a class
MAX_SHOWN_CHARS = 60  # characters of a name that a sentence repeats
NAMES = {
    "file": ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "imagepath",
             "image_file", "image_name", "img", "img_path", "image_id", "id"),
    "label": ("label", "class", "target", "category", "class_name", "label_name", "labels", "class_id", "breed"),
    "split": ("split", "subset", "set", "partition"),
}  # fmt: skip


UNCLEAR_COLUMNS = "unclear_columns"  # code of the error that asks for a choice
ROLES = {"file": N_("image"), "label": N_("label")}
MAX_COLUMNS_CHARS = 200  # of names of columns in a sentence
SEVERAL = N_("{name:name} has several columns that may be the {role}: {columns}.")
NONE_NAMED = N_("{name:name} has no column for the {role} by its name (found: {columns}).")


class Row(NamedTuple):
    """One image. Texts as they stand in the table; "" where there is none."""

    file: str
    label: str
    split: str


def is_table(name: str) -> bool:
    """Whether a file is a table by its name."""
    return name.lower().endswith(ENDINGS)


class UnclearColumns(BadInput):
    """A table's columns do not say which is which. `question` says why, `choices` are role → columns that may be it."""

    def __init__(self, question: str, choices: dict[str, list[str]]) -> None:
        super().__init__(
            "{question} Choose with {setting} the columns of the image and of the label, such as {example}.",
            UNCLEAR_COLUMNS,
            question=question,
            setting=SettingName("data.columns"),
            example=one_line(_example(choices), MAX_COLUMNS_CHARS),
        )
        self.question, self.choices = question, choices


def read_table(content: bytes, name: str, asked: str = "") -> list[Row]:
    """The rows of a table. `BadInput`, naming it, where it is too large, and where it is no table; of its columns
    `pick_columns` decides, with those that are `asked` for."""
    shown = one_line(name, MAX_SHOWN_CHARS)
    if len(content) > MAX_TABLE_BYTES:
        raise BadInput("{name:name} is larger than {most} MB: divide it.", name=shown, most=MAX_TABLE_BYTES >> 20)
    text = _text(content, shown)
    try:
        head, *rows = _records(text) if name.lower().endswith(".jsonl") else _cells(text)
    except (csv.Error, ValueError, RecursionError) as error:
        raise BadInput("{name:name} cannot be read as a table: save it again as CSV.", name=shown) from error
    if _is_image(head[0]) and len(head) in (2, 3):  # a list without a heading
        head, rows = ["path", "label", "split"][: len(head)], [head, *rows]
    columns = _columns(head, rows, shown, asked)
    return [Row(*(_cell(row, columns.get(role)) for role in Row._fields)) for row in rows if any(row)]


def _text(content: bytes, name: str) -> str:
    """The table's text, whichever encoding a spreadsheet wrote it in."""
    if b"\0" in content[:4096] and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise BadInput("{name:name} is no text: save the table as CSV.", name=name)
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", code_page([content])):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("{name:name} has characters that cannot be read: save it as CSV in UTF-8.", name=name)


def _cells(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    found = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        found.append([cell.strip() for cell in row])
        _limit(len(found))
    if not found or not found[0]:
        raise ValueError("no line")
    return found


def _records(text: str) -> list[list[str]]:
    """The heading and the rows of JSON Lines: an object a line; what is nested is none of a path and a class."""
    records: list[dict[str, object]] = []
    for line in filter(str.strip, text.splitlines()):
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError("not an object")
        records.append(record)
        _limit(len(records))
    head = list(dict.fromkeys(key for record in records[:1000] for key in record))
    if not head:
        raise ValueError("no line")
    return [head, *([_plain(record.get(key)) for key in head] for record in records)]


def _plain(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _limit(rows: int) -> None:
    if rows > MAX_ROWS + 1:
        raise BadInput("The table has more than {most:count} rows: divide it.", most=MAX_ROWS)


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]], name: str, asked: str) -> dict[str, int]:
    """Role → its column."""
    plain = [one.strip().lower().replace(" ", "_").replace("-", "_") for one in head]
    found = {role: [place for place, one in enumerate(plain) if one in names] for role, names in NAMES.items()}
    sample = rows[:50]
    found["file"] = _only(found["file"], lambda place: any(_is_image(_cell(row, place)) for row in sample))
    # Where a number stands beside its word, the word is the class.
    found["label"] = _only(found["label"], lambda place: not all(_cell(row, place).isdecimal() for row in sample))
    named = {role: [head[place] for place in places] for role, places in found.items()}
    picked = pick_columns(named, {"file": head, "label": head}, name, asked)
    return {role: head.index(column) for role, column in picked.items()}


def pick_columns(
    found: Mapping[str, Sequence[str]], possible: Mapping[str, Sequence[str]], name: str, asked: str
) -> dict[str, str]:
    """Role → the name of its column. `found` are those that are called so, `possible` those that could be; `asked` are
    the columns that a person chose: image, label and, where there is one, split, separated by commas. `UnclearColumns`,
    naming the table, where a choice is left; `BadInput` where what was chosen is not there."""
    if asked:
        columns = [column.strip() for column in next(csv.reader([asked]), [])]
        chosen = dict(zip(Row._fields, columns, strict=False))
        for role, column in chosen.items():
            if column not in (have := possible.get(role, possible["label"])):
                raise unknown("column", column, list(have))
        if len(chosen) < len(possible):
            raise BadInput("{asked:name} is one column; the label has another. Name both, separated by a comma.",
                           asked=asked)  # fmt: skip
        splits = [column for column in found["split"] if column not in chosen.values()]
        return ({"split": splits[0]} if len(splits) == 1 else {}) | chosen
    choices = {role: list(dict.fromkeys(found[role] or possible[role])) for role in possible}
    for role in possible:
        if len(found[role]) == 1:
            continue
        shown = one_line(", ".join(choices[role]), MAX_COLUMNS_CHARS)
        text = SEVERAL if found[role] else NONE_NAMED
        raise UnclearColumns(_(text, name=name, role=translate(ROLES[role]), columns=shown), choices)
    return {role: columns[0] for role, columns in found.items() if columns}


def columns_text(columns: Sequence[str]) -> str:
    """Names of columns as they are asked for."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(columns)
    return buffer.getvalue()


def _example(choices: Mapping[str, Sequence[str]]) -> str:
    file = choices["file"][0]
    return columns_text([file, next((one for one in choices["label"] if one != file), file)])


def _only(places: list[int], fits: Callable[[int], bool]) -> list[int]:
    """Those that fit, where several are there and any does."""
    return ([place for place in places if fits(place)] or places) if len(places) > 1 else places


def _cell(row: Sequence[str], place: int | None) -> str:
    return "" if place is None or place >= len(row) else row[place].strip()[:MAX_CELL_CHARS]


def _is_image(text: str) -> bool:
    return PurePosixPath(text.replace("\\", "/")).suffix.lower() in IMAGE_ENDINGS
