"""Which file belongs to which split and class where a table says it: the table itself was chosen, or it lies in the
folder or ZIP. A table reaches no file outside its own folder."""

import hashlib
import os
import stat
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from core.datasets.folder_layout import FolderLayout
from core.errors import BadInput, reason
from core.importing.folder import Folder, content_of
from core.importing.folder_splits import ORDER
from core.importing.image_source import ImageSource, file_version, is_junk, title_of
from core.importing.label_table import MAX_TABLE_BYTES, Row, UnclearColumns, is_table, read_table
from core.importing.layout import AMBIGUOUS, MAX_CLASS_NAME_CHARS, Layout, layout
from core.importing.parquet_images import ParquetImages
from core.importing.split_names import split_named
from core.locale import N_
from core.sandbox.image_files import Unreadable
from core.sandbox.image_formats import looks_like_image
from core.sanitize import distinct, listed, one_line

OUTSIDE = N_("the table names it outside its own folder")
MISSING = N_("the table names it, and it is not there")
NO_CLASS = N_("it has no class in the table")
TWO_CLASSES = N_("it has two classes in the table")
NO_SPLIT = N_("its split is none of train, val and test")
UNKNOWN_CLASS = N_("its class has no training image")
UNNAMED = N_("not named in the table")


class LabelTable:
    """A table file as an `ImageSource`: the images that it names, in its own folder."""

    def __init__(self, path: Path, columns: str = "") -> None:
        self.path = path
        self.hidden: set[str] = set()
        self._folder = Folder(path.parent)
        try:
            self._version = file_version(path)
            self.rows = read_table(content_of(path, MAX_TABLE_BYTES + 1), path.name, columns)
        except (OSError, Unreadable) as error:
            raise BadInput("{path} cannot be read ({reason}).", path=path, reason=reason(error)) from error

    @property
    def names(self) -> list[str]:
        return sorted(self._found)

    @cached_property
    def _found(self) -> dict[str, os.stat_result]:
        """The files that are there, of those that it names."""
        found = {}
        for row in self.rows:
            name = inner_name(row.file, self.path.parent)
            if name and name not in found and not is_junk(name):
                try:
                    status = os.stat(self.path.parent / name)
                except (OSError, ValueError):
                    continue
                if stat.S_ISREG(status.st_mode):
                    found[name] = status
        return found

    @cached_property
    def source_version(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for name in self.names:
            status = self._found[name]
            digest.update(repr((name, status.st_size, status.st_mtime_ns)).encode("utf-8", "surrogateescape"))
        return f"{self._version}-{digest.hexdigest()}"

    def is_stable(self) -> bool:
        return self._folder.is_stable()

    def bytes_of(self, name: str) -> int:
        return self._found[name].st_size

    def read(self, name: str) -> bytes:
        return self._folder.read(name)


def plan_of(source: ImageSource, how: FolderLayout = "auto", columns: str = "") -> Layout:
    """Which file belongs to which split and class: as its folders say, or a table. `columns` are those of a table
    inside, as `pick_columns` takes them. `BadInput` as `layout` raises it, `UnclearColumns` of a table."""
    title = title_of(source)
    if isinstance(source, ParquetImages):
        plan = table_layout(source.rows, source.names, title, source.path)
        in_rows = sorted(plan.files, key=lambda one: (ORDER.index(one[0]), one[2]))  # as they are read the fastest
        return replace(plan, files=tuple(in_rows))
    if isinstance(source, LabelTable):
        return table_layout(source.rows, source.names, title, source.path.parent)
    if how == "table":
        return table_layout(rows_inside(source, columns), source.names, title, source.path)
    try:
        return layout(source.names, title, how)
    except BadInput as problem:
        if how != "auto" or problem.code == AMBIGUOUS or not any(map(is_table, source.names)):
            raise
        try:
            return table_layout(rows_inside(source, columns), source.names, title, source.path)
        except UnclearColumns:
            raise
        except BadInput as other:
            raise BadInput("{problem} {other}", problem=problem, other=other) from other


def rows_inside(source: ImageSource, columns: str) -> list[Row]:
    """The rows of the tables in a folder or ZIP: of the outermost ones; where several are there, of those whose names
    say a split. `BadInput` where that leaves a choice, or none."""
    tables = [name for name in source.names if is_table(name)]
    depth = min((name.count("/") for name in tables), default=0)
    tables = [name for name in tables if name.count("/") == depth]
    parts = {name: split_named(PurePosixPath(name).stem) for name in tables}
    if len(tables) > 1:
        tables = [name for name in tables if parts[name]]
    found: list[Row] = []
    problems: list[BadInput] = []
    for name in tables:
        base = f"{name.rpartition('/')[0]}/" if "/" in name else ""
        try:
            if source.bytes_of(name) > MAX_TABLE_BYTES:
                raise BadInput("{name:name} is larger than {most} MB: divide it.", name=one_line(name, 60),
                               most=MAX_TABLE_BYTES >> 20)  # fmt: skip
            rows = read_table(source.read(name), name, columns)
        except Unreadable as error:
            problems.append(BadInput("{name:name} cannot be read: {why}.", name=one_line(name, 60), why=str(error)))
        except BadInput as problem:
            problems.append(problem)  # such as a list of what is to be tested, without classes
        else:
            found += [Row(base + row.file if base else row.file, row.label, row.split or parts[name] or "")
                      for row in rows]  # fmt: skip
    if not found:
        raise problems[0] if problems else BadInput("It has no table of labels, or several: choose one of them itself.")
    return found


def table_layout(rows: Sequence[Row], names: Collection[str], title: str, folder: Path) -> Layout:
    """The layout that a table says, for the files of these names. Files that it names by their last part alone, or
    without their ending, are found where there is one such file."""
    known = {name for name in names if not name.endswith("/") and not is_table(name)}
    by_end: dict[str, set[str]] = {}
    for name in known:
        path = PurePosixPath(name)
        for end in {path.name, path.stem}:
            by_end.setdefault(end, set()).add(name)
    placed: dict[str, tuple[str, str]] = {}
    passed_over: dict[str, str] = {}
    for row in rows:
        name = inner_name(row.file, folder)
        if not name:
            passed_over[row.file or "-"] = OUTSIDE if row.file else MISSING
            continue
        if name not in known:
            alike = by_end.get(PurePosixPath(name).name, set())
            if len(alike) != 1:
                passed_over[name] = MISSING
                continue
            (name,) = alike
        split = split_named(row.split) if row.split else "train"
        if not row.label or split is None:
            passed_over[name] = NO_SPLIT if row.label else NO_CLASS
        elif placed.setdefault(name, (split, row.label)) != (split, row.label):
            passed_over[name] = TWO_CLASSES
    placed = {name: said for name, said in placed.items() if name not in passed_over}
    classes = sorted({label for split, label in placed.values() if split == "train"}, key=_by_number)
    if len(classes) < 2:
        why = next(((name, words) for name, words in passed_over.items()), None)
        raise BadInput(
            "{title:name} has training images of {count} of the two classes that are needed, at the least{found}. "
            "{missing:count} files that its table names cannot be used{first}.",
            title=title,
            count=len(classes),
            found=f" ({listed(classes)})" if classes else "",
            missing=len(passed_over),
            first=f" ({one_line(why[0], 60)}: {why[1]})" if why else "",
        )
    labels = {name: place for place, name in enumerate(classes)}
    files = []
    for name, (split, label) in placed.items():
        if label in labels:
            files.append((split, labels[label], name))
        else:
            passed_over[name] = UNKNOWN_CLASS
    taken = placed.keys() | passed_over.keys()
    passed_over |= {name: UNNAMED for name in known - taken if looks_like_image(name)}
    files.sort(key=lambda one: (ORDER.index(one[0]), one[1], one[2]))
    return Layout(tuple(distinct(classes, MAX_CLASS_NAME_CHARS)), tuple(files), (), tuple(sorted(passed_over.items())))


def _by_number(label: str) -> tuple[int, str]:
    """Sorts names as names, and numbers as numbers before them."""
    return (int(label), label) if label.isdecimal() else (sys.maxsize, label)


def inner_name(file: str, folder: Path) -> str:
    """A path of a table as the name of a file in its folder; "" where it leads out of it."""
    text = file.replace("\\", "/")
    whole = f"{folder.as_posix()}/"
    if text.startswith(whole):
        text = text[len(whole) :]
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\0" in text or ":" in (path.parts or ("",))[0]:
        return ""
    return "" if str(path) == "." else str(path)
