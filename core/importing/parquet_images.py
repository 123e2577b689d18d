"""Images in Parquet files, as `datasets` of Hugging Face writes them: a row has an image's bytes and its class. Such
files lie in a folder or a ZIP (`data/train-00000-of-00001.parquet`), or one is chosen itself."""

import stat
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from core.errors import BadInput, Unwritable, reason
from core.importing.image_source import MAX_ENTRIES, MAX_FILE_BYTES, ImageSource, file_version, too_large
from core.importing.label_table import NAMES, Row, pick_columns
from core.importing.split_names import split_named
from core.locale import N_
from core.sandbox.image_files import Unreadable
from core.sandbox.parquet_file import NONE, TOO_LARGE, ParquetReader
from core.sanitize import one_line

ENDING = ".parquet"
MAX_FILES = 1000
ANSWERS_KEPT = 4  # parts of a row group, of 8 MB or one large image each: several threads ask for rows near one another
NO_BYTES = N_("its row has no image, or only the path of one")


@dataclass(frozen=True)
class Shard:
    """One file: where its images are, and what is known of each."""

    name: str
    column: str
    groups: list[int]  # rows of each row group
    rows: list[Row]


class ParquetImages:
    """Such files as an `ImageSource`: an image is called `FILE/ROW`. `inner` is the folder or ZIP that they lie in;
    none, where the file itself was chosen. `columns` as in `label_table.pick_columns`."""

    def __init__(self, path: Path, inner: ImageSource | None = None, columns: str = "") -> None:
        self.path, self.hidden = path, set[str]()
        self._inner, self._columns = inner, columns
        self._reader = ParquetReader()
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], list[bytes | int]] = OrderedDict()  # file, row group, first row
        self._broken: set[tuple[str, int]] = set()  # row groups that cannot be read
        self._unpacked: tuple[str, tempfile._TemporaryFileWrapper[bytes]] | None = None  # a file of a ZIP, on the disk

    @cached_property
    def source_version(self) -> str:
        return self._inner.source_version if self._inner else file_version(self.path)

    def is_stable(self) -> bool:
        return self._inner.is_stable() if self._inner else True

    @cached_property
    def names(self) -> list[str]:
        return [row.file for shard in self.shards.values() for row in shard.rows]

    @cached_property
    def shards(self) -> dict[str, Shard]:
        """Name → file. `BadInput` where one cannot be read, where its columns do not say which is which, or where all
        have too many rows."""
        names = [one for one in self._inner.names if is_parquet(one)] if self._inner else [self.path.name]
        if len(names) > MAX_FILES:
            raise BadInput("{path} has more than {most:count} Parquet files: divide it.", path=self.path,
                           most=MAX_FILES)  # fmt: skip
        found: dict[str, Shard] = {}
        rows = 0
        for name in names:
            found[name] = self._shard(name)
            rows += len(found[name].rows)
            if rows > MAX_ENTRIES:
                raise _too_many(self.path)
        return found

    @property
    def rows(self) -> list[Row]:
        """What is said of each image; `file` is its name."""
        return [row for shard in self.shards.values() for row in shard.rows]

    def bytes_of(self, name: str) -> int:
        return 0  # not known before it is read, which happens a few at a time whatever they are

    def read(self, name: str) -> bytes:
        file, _slash, number = name.rpartition("/")
        shard, row, group = self.shards[file], int(number), 0
        while row >= shard.groups[group]:
            row -= shard.groups[group]
            group += 1
        with self._lock:
            content = self._content(shard, group, row)
        if isinstance(content, bytes):
            return content
        raise Unreadable(too_large() if content == TOO_LARGE else NO_BYTES)

    def _content(self, shard: Shard, group: int, row: int) -> bytes | int:
        for (file, which, start), found in self._kept.items():
            if (file, which) == (shard.name, group) and start <= row < start + len(found):
                return found[row - start]
        if (shard.name, group) in self._broken:
            raise Unreadable(N_("damaged in the Parquet file"))
        try:
            place = self._place(shard.name)
            found = self._reader.images(place, shard.column, group, row, MAX_FILE_BYTES)
        except BadInput as problem:
            self._broken.add((shard.name, group))
            raise Unreadable(N_("damaged in the Parquet file")) from problem
        self._kept[shard.name, group, row] = found
        while len(self._kept) > ANSWERS_KEPT:
            self._kept.popitem(last=False)
        return found[0] if found else NONE

    def _shard(self, name: str) -> Shard:
        place = self._place(name)
        table = self._reader.table(place)
        if sum(table.groups) > MAX_ENTRIES:  # before a list is made of them
            raise _too_many(self.path)
        images = [column for column, kind in table.columns.items() if kind == "image"]
        labels = [column for column, kind in table.columns.items() if kind == "label"]
        if not images:
            raise BadInput(
                "{name:name} has no column of images (found: {columns}). It has an image's own bytes in each row.",
                name=one_line(name, 60),
                columns=one_line(", ".join(table.columns), 200),
            )
        splits = [column for column in labels if column.lower() in NAMES["split"]]
        rest = [column for column in labels if column not in splits]
        usual = [column for column in rest if column.lower() in NAMES["label"]] or list(table.names) or rest
        found = {"file": images, "label": usual, "split": splits[:1]}
        picked = pick_columns(found, {"file": images, "label": labels}, one_line(name, 60), self._columns)
        values = self._reader.values(place, picked["label"])
        if names := table.names.get(picked["label"]):
            values = [_class_of(value, names) for value in values]
        part = _split_of(name)
        parts = self._reader.values(place, picked["split"]) if "split" in picked else [part] * len(values)
        digits = len(str(len(values)))
        rows = [Row(f"{name}/{row:0{digits}}", value, said or part)
                for row, (value, said) in enumerate(zip(values, parts, strict=True))]  # fmt: skip
        return Shard(name, picked["file"], table.groups, rows)

    def _place(self, name: str) -> Path:
        """The file on the disk; one of a ZIP is unpacked, one at a time."""
        from core.importing.archive import Archive

        place = self.path / name if self._inner else self.path
        if not isinstance(self._inner, Archive):
            if not stat.S_ISREG(place.stat().st_mode):  # a pipe might never answer
                raise BadInput("{name:name} is no ordinary file.", name=one_line(name, 60))
            return place
        if self._unpacked is None or self._unpacked[0] != name:
            try:
                content = self._inner.read(name)
                file = tempfile.NamedTemporaryFile(suffix=ENDING)  # noqa: SIM115  it is read as long as this object lives
                weakref.finalize(self, file.close)
                file.write(content)
                file.flush()
            except Unreadable as why:
                raise BadInput("{name:name} cannot be read: {why}.", name=one_line(name, 60), why=str(why)) from why
            except OSError as error:
                raise Unwritable("{name:name} cannot be unpacked: {reason}.", name=one_line(name, 60),
                                 reason=reason(error)) from error  # fmt: skip
            if self._unpacked:
                self._unpacked[1].close()
            self._unpacked = (name, file)
        return Path(self._unpacked[1].name)


def is_parquet(name: str) -> bool:
    """Whether a file is one by its name."""
    return name.lower().endswith(ENDING)


def _class_of(value: str, names: Sequence[str]) -> str:
    """The name of the class that a number is; "" for what is none, as −1 is where nobody may know the class."""
    place = int(value) if value.isascii() and value.isdecimal() else -1
    return names[place].strip() if 0 <= place < len(names) else ""


def _split_of(name: str) -> str:
    """The split that a file is of by its name, else by the innermost folder that says one."""
    path = PurePosixPath(name)
    return next((split for part in (path.stem, *reversed(path.parts[:-1])) if (split := split_named(part))), "train")


def _too_many(path: Path) -> BadInput:
    return BadInput("{path} has more than {most:count} rows: divide it.", path=path, most=MAX_ENTRIES)
