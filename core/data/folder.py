"""An image folder on disk."""

import hashlib
import os
from functools import cached_property
from pathlib import Path

from core.data.picture import Unreadable
from core.data.tree import ENTRIES, MEMBER, TOO_LARGE, is_junk
from core.errors import BadInput
from core.wording import count


class Folder:
    """A `Tree` on disk. Links are followed, but never back into a folder that leads to them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._found)

    @cached_property
    def stamp(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for name in self.names:
            digest.update(repr((name, self._found[name])).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def bytes_of(self, name: str) -> int:
        return self._found[name][0]

    def read(self, name: str) -> bytes:
        try:
            with (self.path / name).open("rb") as file:
                content = file.read(MEMBER + 1)
        except OSError as error:
            raise Unreadable(f"cannot be read ({error.strerror})") from error
        if len(content) > MEMBER:
            raise Unreadable(TOO_LARGE)
        return content

    @cached_property
    def _found(self) -> dict[str, tuple[int, int]]:
        """Name → (bytes, time of the last change in nanoseconds); folders count as (0, 0)."""
        found: dict[str, tuple[int, int]] = {}
        try:
            self._walk(self.path, "", {_identity(os.stat(self.path))}, found)
        except OSError as error:
            raise BadInput(f"{error.filename} cannot be read ({error.strerror}): check its permissions") from error
        return found

    def _walk(self, folder: Path, prefix: str, above: set[tuple[int, int]], found: dict[str, tuple[int, int]]) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                if is_junk(entry.name):
                    continue
                try:
                    stat = entry.stat()
                except OSError:  # a link to nowhere: listed, so that reading it says so
                    found[name] = (0, 0)
                    continue
                if entry.is_dir() and _identity(stat) not in above:
                    found[f"{name}/"] = (0, 0)
                    self._walk(folder / entry.name, f"{name}/", above | {_identity(stat)}, found)
                elif entry.is_file():
                    found[name] = (stat.st_size, stat.st_mtime_ns)
                if len(found) > ENTRIES:
                    raise BadInput(f"{self.path} has more than {count(ENTRIES)} files: choose a smaller folder")


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino
