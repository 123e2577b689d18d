"""Files that survive a crash: the content is on the disk before the name, and the name before `write` returns."""

import io
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from core.errors import Unwritable, reason
from core.locale import N_

if TYPE_CHECKING:
    import numpy as np


INTACT = N_(
    "{path} could not be written: {reason}. The previous file is intact. Free some space or change the folder's "
    "permissions, then go on."
)
REFUSED = N_(
    "{path} could not be written: {reason}. Free some space or change the folder's permissions, then try again."
)


def write(content: "bytes | memoryview", path: Path) -> None:
    """Replace `path` by `content` so that a crash leaves the old file or the new one, never neither. Raises
    `Unwritable` when the disk refuses."""
    with replacing(path, INTACT) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, refused: str = REFUSED) -> Iterator[IO[bytes]]:
    """The same for content that comes in pieces: a file that has the name `path` once the block ends. A block that is
    left by an error leaves nothing. `refused` is the sentence of `Unwritable`, also for what the block reads."""
    temporary = beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        raise Unwritable(refused, path=path, reason=reason(error)) from error
    finally:
        remove(temporary)


def write_array(array: "np.ndarray", path: Path) -> None:
    """The same for an array, as numpy's own file."""
    import numpy as np

    content = io.BytesIO()
    np.save(content, array)
    write(content.getbuffer(), path)


def link(source: Path, target: Path) -> None:
    """Give the file `source` a second name, which stays when the first one is given to another file; a copy, where the
    disk has no hard links. A crash leaves the old `target` or the new one. `Unwritable` when the disk refuses."""
    temporary = beside(target)
    try:
        os.link(source, temporary)
        os.replace(temporary, target)
        sync_folder(target.parent)
    except OSError:
        write(source.read_bytes(), target)
    finally:
        remove(temporary)  # a rename between two names of one file does nothing


def make_folder(path: Path) -> None:
    """Make a folder, and those above it; its name survives a power cut."""
    path.mkdir(parents=True, exist_ok=True)
    sync_folder(path.parent)


def beside(path: Path) -> Path:
    """A unique name in the same folder, for a file that is renamed to `path` at the end."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def remove(temporary: Path) -> None:
    """Remove an unfinished file; on a disk that accepts no changes it may stay."""
    with suppress(OSError):
        temporary.unlink()


def file_identity(path: Path) -> str:
    """A text that changes when the file is replaced or written to; "" if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


def sync_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut; systems that cannot open folders keep them by themselves."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
