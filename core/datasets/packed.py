"""The files of a data set, in a folder, a ZIP or a tar archive: one interface, read one at a time."""

import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Generator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from core.datasets.local_copies import broken
from core.datasets.progress import PrepareProgress
from core.errors import reason
from core.files import disk_space
from core.locale import _
from core.sanitize import one_line

MAX_FILE_MB = 100  # of one image or list of images; what is read in parts may be larger
COPY = 1 << 20  # bytes copied in one go
DAMAGE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, OverflowError)


class Files(Protocol):
    """Files by name, as the archive names them: `images/one.jpg`, also where the folder `images` is unpacked."""

    @property
    def names(self) -> list[str]:
        """All of them, sorted."""

    def bytes_of(self, name: str) -> int:
        """How large a file is; 0 if it is not there."""

    def read(self, name: str) -> bytes:
        """A file's content; BadInput if it is missing, damaged or too large. Threads may call it at once."""

    def where(self, name: str) -> Path:
        """The name of the file in messages."""


def opened(path: Path, scratch: Path, only: Collection[str] = ()) -> Generator[PrepareProgress, None, "Files"]:
    """The files in the folder, ZIP or tar archive at `path`; BadInput if it is broken.

    A tar archive can only be read from its beginning to its end. So its files (`only` these, if any are named) are
    put one after the other into a file in the folder `scratch`, which stays there.
    """
    if path.is_dir():
        return Folder(path)
    if zipfile.is_zipfile(path):
        return Zip(path)
    return (yield from _spooled(path, scratch, set(only)))


class Folder:
    """`Files` in an unpacked folder; their names begin with its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def names(self) -> list[str]:
        top = self._path.parent
        walk = os.walk(self._path)
        return sorted((Path(folder) / name).relative_to(top).as_posix() for folder, _, names in walk for name in names)

    def bytes_of(self, name: str) -> int:
        path = self.where(name)
        return path.stat().st_size if path.is_file() else 0

    def read(self, name: str) -> bytes:
        path = self.where(name)
        if not path.is_file():
            raise broken(self._path, _("it has no {name}", name=name))
        return _part(path, 0, self.bytes_of(name), path)

    def where(self, name: str) -> Path:
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise broken(self._path, _("a list names {name:name}, which lies outside it", name=one_line(name, 80)))
        return self._path.parent / name


class Zip:
    """`Files` in a ZIP."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # a broken table can raise anything
            raise broken(path, _("its list of files cannot be read ({reason})", reason=reason(error))) from error
        self._members = {_plain(one.filename): one for one in self._zip.infolist() if not one.is_dir()}

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._members)

    def bytes_of(self, name: str) -> int:
        return self._members[name].file_size if name in self._members else 0

    def read(self, name: str) -> bytes:
        if name not in self._members:
            raise broken(self._path, _("it has no {name}", name=name))
        _refuse_large(self.where(name), self.bytes_of(name))
        try:
            with self._zip.open(self._members[name]) as file:
                return file.read(self.bytes_of(name))
        except Exception as error:  # damage shows in many ways
            raise broken(self.where(name), _("it cannot be unpacked ({reason})", reason=reason(error))) from error

    def where(self, name: str) -> Path:
        return self._path / name


class Spool:
    """`Files` that lie one after the other in one file, as they came out of a tar archive."""

    def __init__(self, archive: Path, path: Path, workspace: dict[str, tuple[int, int]]) -> None:
        self._archive = archive
        self._path = path
        self._places = workspace  # name → where it begins, how many bytes it has

    @cached_property
    def names(self) -> list[str]:
        return sorted(self._places)

    def bytes_of(self, name: str) -> int:
        return self._places[name][1] if name in self._places else 0

    def read(self, name: str) -> bytes:
        return _part(*self.place(name), self.where(name))

    def place(self, name: str) -> tuple[Path, int, int]:
        """The file that holds it, where it begins there, and how many bytes it has."""
        if name not in self._places:
            raise broken(self._archive, _("it has no {name}", name=name))
        return self._path, *self._places[name]

    def where(self, name: str) -> Path:
        return self._archive / name


def _spooled(archive: Path, scratch: Path, only: set[str]) -> Generator[PrepareProgress, None, Spool]:
    stage, total = _("unpacking {name}", name=archive.name), archive.stat().st_size
    disk_space.require(scratch, total, _("the files in {name}", name=archive.name))
    workspace: dict[str, tuple[int, int]] = {}
    target = scratch / f"{archive.name}.files"
    try:
        with (
            archive.open("rb") as packed,
            target.open("wb") as spool,
            tarfile.open(fileobj=packed, mode="r|*") as tar,
        ):
            for member in tar:
                name = _plain(member.name)
                if not member.isfile() or (only and name not in only):
                    continue
                start = spool.tell()
                source = tar.extractfile(member)
                assert source
                while piece := source.read(COPY):
                    spool.write(piece)
                    yield PrepareProgress(stage, packed.tell(), total, "bytes")
                workspace[name] = start, spool.tell() - start
                if only and len(workspace) == len(only):
                    break  # the rest may be large
    except DAMAGE as error:
        raise broken(archive, _("it cannot be unpacked ({reason})", reason=reason(error))) from error
    return Spool(archive, target, workspace)


def _part(path: Path, start: int, length: int, where: Path) -> bytes:
    _refuse_large(where, length)
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _refuse_large(where: Path, size: int) -> None:
    if size > MAX_FILE_MB << 20:
        raise broken(where, _("it is larger than {max_file_mb} MB", max_file_mb=MAX_FILE_MB))


def _plain(name: str) -> str:
    """A name without `./` at its beginning."""
    return PurePosixPath(name).as_posix()
