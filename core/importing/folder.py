"""An image folder on disk."""

import hashlib
import os
import stat
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from core.errors import BadInput, reason
from core.importing.image_source import MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, hidden_in, is_junk, too_large
from core.locale import N_, _
from core.sandbox.image_files import Unreadable

Identity = tuple[int, int]  # device and number of a folder


class Folder:
    """A `ImageSource` on disk. Links are followed, but never back into a folder that leads to them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hidden: set[str] = set()
        self._missed: set[str] = set()  # what could not be read

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._found)

    @cached_property
    def source_version(self) -> str:
        digest = hashlib.blake2b(digest_size=16)
        for name in self.names:
            digest.update(repr((name, self._found[name])).encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def bytes_of(self, name: str) -> int:
        return self._found[name][0]

    def read(self, name: str) -> bytes:
        try:
            content = content_of(self.path / name, MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:
            self._missed.add(name)
            raise Unreadable(_("cannot be read ({reason})", reason=reason(error))) from error
        if len(content) > MAX_FILE_BYTES:
            raise Unreadable(too_large())
        return content

    def is_stable(self) -> bool:
        for name in set(self._missed):
            with suppress(Unreadable):
                self.read(name)
                return False
            if not (self.path / name).exists():
                return False
        return True

    @cached_property
    def _found(self) -> dict[str, tuple[int, ...]]:
        """Name → (bytes, time of the last change in nanoseconds, permissions); folders and what is no file count as
        (0, 0)."""
        found: dict[str, tuple[int, ...]] = {}
        try:
            self._walk(self.path, "", (_identity(os.stat(self.path)),), found)
        except OSError as error:
            raise BadInput(
                "{filename} cannot be read ({reason}): check its permissions",
                filename=error.filename,
                reason=reason(error),
            ) from error
        return found

    def _walk(self, folder: Path, prefix: str, above: tuple[Identity, ...], found: dict[str, tuple[int, ...]]) -> None:
        if len(above) > MAX_DEPTH:
            raise BadInput(
                "{path} has folders more than {max_depth} deep in each other: choose a flatter folder",
                path=self.path,
                max_depth=MAX_DEPTH,
            )
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                if is_junk(entry.name):
                    with suppress(OSError):  # mostly a file
                        self.hidden.update(*(hidden_in(f"{name}/{inside}") for inside in os.listdir(entry)))
                    continue
                try:
                    status = entry.stat()
                except OSError:  # a link to nowhere: listed, so that reading it says so
                    found[name] = (0, 0)
                    continue
                if stat.S_ISREG(status.st_mode):
                    found[name] = (status.st_size, status.st_mtime_ns, status.st_mode)
                elif not stat.S_ISDIR(status.st_mode):  # a pipe or a device: listed as well
                    found[name] = (0, 0)
                elif _identity(status) not in above:
                    found[f"{name}/"] = (0, 0)
                    self._walk(folder / entry.name, f"{name}/", (*above, _identity(status)), found)
                if len(found) > MAX_ENTRIES:
                    raise BadInput(
                        "{path} has more than {max_entries:count} files: choose a smaller folder",
                        path=self.path,
                        max_entries=MAX_ENTRIES,
                    )


def content_of(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file. Unreadable for what is none: a pipe or a device might never answer."""
    # Checked before it is opened, as opening alone can move a device, and after, as it may have been exchanged.
    if stat.S_ISREG(os.stat(path).st_mode):
        with open(path, "rb", opener=_without_waiting) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(most)
    raise Unreadable(N_("not an ordinary file"))


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
