"""Parquet files from unknown sources, read in a process of their own: `python -m core.sandbox.parquet_file`. What one
makes the process need, in memory or time, costs that process alone.

A request is JSON; the answer is JSON after its length, and after it, where images are asked for, their bytes.
"""

import json
import os
import struct
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.errors import BadInput, Problem
from core.locale import N_, translate
from core.sandbox import process
from core.sanitize import one_line

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MEMORY_BYTES = 960 << 20  # bytes of data
READ_TIMEOUT_S = 20.0  # of processor time, for one answer
MAX_COLUMNS = 1000
MAX_CELL_CHARS = 4096  # characters of a class or a split
MAX_WORDS_BYTES = 16 * 2**20  # bytes of all different values of a column, and of the metadata
ANSWER_BYTES = 8 * 2**20  # bytes of images after which an answer ends
ROWS_AT_ONCE = 16  # that are decoded together: photographs have megabytes each
LENGTH = struct.Struct("<I")  # bytes of JSON
NONE, TOO_LARGE = -1, -2  # in place of the bytes of an image
Kind = Literal["image", "label", "other"]
STOPPED = {
    "memory": N_("needs more than 1 GB of memory to be read. Write it anew in smaller row groups."),
    "time": N_("takes far too long to be read, as no such file does. Write it anew."),
    "": N_("is no Parquet file that can be read: it is damaged or cut short. Copy it again."),
}


@dataclass(frozen=True)
class Table:
    """What a file says of itself."""

    columns: dict[str, Kind]
    names: dict[str, list[str]]  # column → the names of the classes that its numbers are, where the file has them
    groups: list[int]  # rows of each row group


class ParquetReader:
    """A process that is started when it is needed and ends with this object; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: process.Child | None = None

    def table(self, path: Path) -> Table:
        """What is in a file. `BadInput`, naming it, where it cannot be read."""
        said, _end = _head(self._ask(path, do="table"))
        return Table(**said)

    def values(self, path: Path, column: str) -> list[str]:
        """A text or a whole number for each row; "" where there is none. `BadInput` as above."""
        said, _end = _head(self._ask(path, do="values", column=column))
        return [said["values"][place] for place in said["places"]]

    def images(self, path: Path, column: str, group: int, start: int, most: int) -> list[bytes | int]:
        """The bytes of the images of some rows of a row group, from `start` on, as many as fit into an answer: at least
        one. `NONE` where there are none, `TOO_LARGE` where they are more than `most`. `BadInput` as above."""
        answer = self._ask(path, do="images", column=column, group=group, start=start, most=most)
        sizes, end = _head(answer)
        found: list[bytes | int] = []
        for size in sizes:
            found.append(size if size < 0 else answer[end : end + size])
            end += max(size, 0)
        return found

    def _ask(self, path: Path, **request: Any) -> bytes:
        with self._lock:
            try:
                if self._child is None or not self._child.alive:
                    self._child = process.Child(__name__, memory=MEMORY_BYTES)
                    weakref.finalize(self, self._child.close)
                words = json.dumps({"path": os.fspath(path), **request})
                return self._child.ask(words.encode(), seconds=READ_TIMEOUT_S)
            except process.Stopped as stopped:
                shown = one_line(path.name, 60)
                if stopped.limit == "clock":
                    raise Problem(
                        "The computer was too busy to read {name:name}. Close other programs, then try again.",
                        name=shown,
                    ) from stopped
                words = translate(STOPPED[stopped.limit])
                raise BadInput("{name:name} {words}", name=shown, words=words) from stopped
            except OSError as error:
                raise Problem("No process could be started to read a Parquet file in: close other programs to free "
                              "memory, then try again.") from error  # fmt: skip


# The work of the process


def answer(request: bytes) -> bytes:
    asked = json.loads(request)
    work: dict[str, Callable[..., bytes]] = {"table": _table, "values": _values, "images": _images}
    return work[asked.pop("do")](**asked)


def _table(path: str) -> bytes:
    file = _open(path)
    schema = file.schema_arrow
    if len(schema.names) > MAX_COLUMNS:
        raise ValueError("too many columns")
    columns = {field.name: _kind(field.type) for field in schema}
    groups = [file.metadata.row_group(place).num_rows for place in range(file.metadata.num_row_groups)]
    return _packed({"columns": columns, "names": _class_names(schema.metadata or {}), "groups": groups})


def _kind(kind: "pa.DataType") -> Kind:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return "image" if place >= 0 and _is_binary(kind.field(place).type) else "other"
    if _is_binary(kind):
        return "image"
    return "label" if types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind) else "other"


def _is_binary(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """What `datasets` of Hugging Face writes beside the schema: the names of a ClassLabel. What is odd is no name."""
    words = metadata.get(b"huggingface", b"")
    if not words or len(words) > MAX_WORDS_BYTES:
        return {}
    try:
        features = json.loads(words)["info"]["features"]
        return {
            name: list(map(str, one["names"]))
            for name, one in features.items()
            if isinstance(one, dict) and one.get("_type") == "ClassLabel" and isinstance(one.get("names"), list)
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _values(path: str, column: str) -> bytes:
    """Each different value stands once: a class is the value of many rows."""
    places: dict[str, int] = {}
    rows: list[int] = []
    size = 0
    for batch in _open(path).iter_batches(batch_size=4096, columns=[column], use_threads=False):
        for value in batch.column(0).to_pylist():
            word = "" if value is None else str(value)[:MAX_CELL_CHARS]
            if word not in places:
                size += len(word)
                if size > MAX_WORDS_BYTES:
                    raise MemoryError
            rows.append(places.setdefault(word, len(places)))
    return _packed({"values": list(places), "places": rows})


_reading: tuple[tuple[str, str, int], int, Iterator[bytes | None]] | None = None  # what, the next row, the rows


def _images(path: str, column: str, group: int, start: int, most: int) -> bytes:
    """Rows are mostly asked for one after the other, so the row group is read on from where it was."""
    global _reading
    asked = (path, column, group)
    if _reading is None or _reading[0] != asked or _reading[1] > start:
        _reading = (asked, 0, _rows(path, column, group))
    _asked, place, rows = _reading
    sizes: list[int] = []
    contents: list[bytes] = []
    size = 0
    for content in rows:
        place += 1
        if place <= start:
            continue
        if content is None or len(content) > most:
            sizes.append(NONE if content is None else TOO_LARGE)
        else:
            sizes.append(len(content))
            contents.append(content)
            size += len(content)
        if size >= ANSWER_BYTES:
            break
    _reading = (asked, place, rows)
    return _packed(sizes) + b"".join(contents)


def _rows(path: str, column: str, group: int) -> Iterator[bytes | None]:
    file = _open(path)
    for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[group], columns=[column], use_threads=False):
        cells = batch.column(0)
        if _kind(cells.type) != "image":
            raise ValueError("no images")
        if not _is_binary(cells.type):
            cells = cells.flatten()[cells.type.get_field_index("bytes")]
        for cell in cells:
            yield cell.as_py()


def _open(path: str) -> "pq.ParquetFile":
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_cpu_count(1)
    # Pages are read one after the other: a row group may be far larger than what is wanted of it.
    return pq.ParquetFile(path, memory_map=False, buffer_size=1 << 20, pre_buffer=False)


def _packed(head: object) -> bytes:
    words = json.dumps(head).encode()
    return LENGTH.pack(len(words)) + words


def _head(content: bytes) -> tuple[Any, int]:
    (length,) = LENGTH.unpack_from(content)
    end = LENGTH.size + length
    return json.loads(content[LENGTH.size : end]), end


if __name__ == "__main__":
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # what it takes is then seen by the limits at once
    process.serve(answer)
