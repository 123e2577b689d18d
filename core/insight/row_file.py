"""A file of rows, one an image, that is kept with a run: written some rows at a time, there at the end or not at all,
and mapped by whoever reads it. Its name says of which version of which checkpoint it is, and of which images."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from core.errors import Unwritable, reason
from core.files import atomic


def find_rows(folder: Path, name: str, version: str) -> tuple[np.ndarray, str] | None:
    """The rows (N,) kept under a name for a version, mapped, and the fingerprint of the set that the images are in;
    None where there are none, or not all of them. An empty version is that of no checkpoint."""
    start = f"{name}.{version}."
    for file in folder.glob(f"{glob.escape(start)}*.npy") if version else ():
        with suppress(OSError, ValueError, EOFError):
            rows: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
            if rows.dtype.names and rows.ndim == 1:
                return rows, file.name.removeprefix(start).removesuffix(".npy")
    return None


class RowWriter:
    """Keeps rows of the type `row` as they come. At the end of the block they replace those of an earlier version under
    the same name; a block that is left by an error leaves nothing. Raises `Unwritable` when the disk refuses."""

    row: np.dtype

    def __init__(self, folder: Path, name: str, version: str, fingerprint: str, count: int) -> None:
        self.file = folder / f"{name}.{version}.{fingerprint}.npy"
        self.older = f"{glob.escape(f'{name}.')}*.npy"
        self.temporary = atomic.beside(self.file)
        self.count, self.begun = count, False

    def __enter__(self) -> Self:
        with self.refused():
            self.file.parent.mkdir(exist_ok=True)
            self.stream = self.temporary.open("wb")
        return self

    def write(self, rows: np.ndarray) -> None:
        """Add rows (n,)."""
        with self.refused():
            if not self.begun:
                header = {"descr": np.lib.format.dtype_to_descr(self.row), "fortran_order": False}
                np.lib.format.write_array_header_1_0(self.stream, {**header, "shape": (self.count,)})
                self.begun = True
            self.stream.write(rows.tobytes())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                with self.refused():
                    self.publish()
        finally:
            self.stream.close()
            atomic.remove(self.temporary)

    def publish(self) -> None:
        self.write(np.empty(0, self.row))  # where there are no images
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        try:
            os.replace(self.temporary, self.file)
        except FileNotFoundError:  # the run was deleted meanwhile
            return
        atomic.sync_folder(self.file.parent)
        for old in self.file.parent.glob(self.older):
            if old != self.file:
                atomic.remove(old)

    @contextmanager
    def refused(self) -> Iterator[None]:
        """A context that makes a sentence of what the disk says."""
        try:
            yield
        except OSError as error:
            raise Unwritable(
                "{path} could not be written: {reason}. Free some space or change the folder's permissions, then go "
                "on.",
                path=self.file,
                reason=reason(error),
            ) from error
