"""Faults that tests put in: EPOCHLAB_FAULTS=10 takes ten times as many. And a disk that fails when it is told to."""

import builtins
import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

DIED = 9  # exit status of a process that is ended by its disk


def many(number: int) -> int:
    return number * int(os.environ.get("EPOCHLAB_FAULTS", "1"))


class Disk:
    """Notes every opening for writing below a path, every write there, and every fsync, rename, replace, link and new
    folder; fails at the one of that number. `code` None ends the process there."""

    def __init__(
        self, below: Path, patch: pytest.MonkeyPatch, fails_at: int = -1, code: int | None = errno.ENOSPC
    ) -> None:
        self.below, self.fails_at, self.code = str(below), fails_at, code
        self.calls: list[str] = []
        real = builtins.open

        def opened(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
            watched = mode[0] in "wax" and str(file).startswith(self.below) and not str(file).endswith(".lock")
            if watched:
                self.note("open")
            made = real(file, mode, *rest, **options)
            return Watched(made, self) if watched else made

        patch.setattr(builtins, "open", opened)
        patch.setattr(io, "open", opened)
        for name in ("fsync", "rename", "replace", "link", "mkdir"):
            patch.setattr(os, name, self.watched(name, getattr(os, name)))

    def note(self, call: str) -> None:
        self.calls.append(call)
        if len(self.calls) - 1 == self.fails_at:
            if self.code is None:
                os._exit(DIED)
            raise OSError(self.code, os.strerror(self.code))

    def watched(self, name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if name == "fsync":
                self.note("fsync folder" if os.path.isdir(f"/proc/self/fd/{arguments[0]}") else "fsync file")
            else:
                self.note(name)
            return function(*arguments, **options)

        return call


class Watched:
    """A file whose write may stop half-way."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file, self._disk = file, disk

    def write(self, content: Any) -> int:
        try:
            self._disk.note("write")
        except OSError:
            self._file.write(content[: len(content) // 2])
            raise
        return int(self._file.write(content))

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
