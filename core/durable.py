"""Files that survive a crash: on the disk before they have their name, and their name on the disk before it counts."""

import os
import uuid
from pathlib import Path

from core.errors import Unwritable, reason


def write(content: "bytes | memoryview", path: Path) -> None:
    """Replace `path` by `content` so that a crash leaves the old file or the new one, never neither. Raises
    `Unwritable` when the disk refuses."""
    temporary = beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Unwritable(
            f"{path} could not be written: {reason(error)}. What was there before is whole. Make room or change the "
            "folder's permissions, then go on."
        ) from error


def beside(path: Path) -> Path:
    """A name of nobody else's in the same folder, to be renamed to `path` at the end."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")


def sync_folder(folder: Path) -> None:
    """Let the names in a folder survive a power cut; systems that cannot open folders keep them by themselves."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
