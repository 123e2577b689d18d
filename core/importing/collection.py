"""Images that a person collects here, one after the other: class folders in the workspace, imported as any others."""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO

import numpy as np

from core.datasets.catalog import FOLDER
from core.datasets.class_names import class_name
from core.datasets.source import DataSource, layout_named
from core.errors import BadInput, Unwritable, reason
from core.files import atomic
from core.files.paths import Workspace
from core.files.png import png
from core.importing.image_source import is_junk
from core.sanitize import folder_name, one_line

MAX_NAME_CHARS = 60  # characters of a collection's name, which its data set has, too
ORIGINALS = ".originals"  # beside the class folders: files as they came, where something else was made of them
ABOUT = ".collection.json"  # which data set's images a person corrects with it, if it is one of those


@dataclass(frozen=True)
class Collection:
    """One folder of class folders; a class is there with its first image. Images are called by their content, so that
    one is kept once in a class. What changes something raises `Unwritable` when the disk refuses."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def source(self) -> DataSource:
        """It as a data set: its folders are classes, whatever they are called."""
        return DataSource(FOLDER, str(self.folder), "classes")

    @property
    def corrects(self) -> DataSource | None:
        """The data set whose models were told with it what they had got wrong."""
        try:
            said = json.loads((self.folder / ABOUT).read_bytes())
            return DataSource(said["name"], said["path"], layout_named(said["layout"]), columns=said.get("columns", ""))
        except (OSError, ValueError, TypeError, KeyError, BadInput):
            return None

    @property
    def counts(self) -> dict[str, int]:
        """Class → images."""
        return {label: len(files) for label, files in self.files.items()}

    @property
    def files(self) -> dict[str, list[Path]]:
        """Class → the files of its images, the oldest first."""
        found = {}
        with suppress(FileNotFoundError):
            for entry in sorted(os.scandir(self.folder), key=lambda entry: entry.name):
                if entry.is_dir() and not is_junk(entry.name):
                    inside = [one for one in os.scandir(entry) if one.is_file() and not is_junk(one.name)]
                    inside.sort(key=lambda one: (one.stat().st_mtime_ns, one.name))
                    found[entry.name] = [Path(one) for one in inside]
        return {label: files for label, files in found.items() if files}

    def add(self, label: str, content: bytes, ending: str, original: tuple[bytes, str] | None = None) -> Path | None:
        """Keep the bytes of an image file of a class; None if the class has it. `original` is the file that it was made
        from, and its ending. `BadInput` for a name without a visible character."""
        folder = self.folder / class_folder(label)
        path = folder / f"{_digest(content)}{_ending(ending)}"
        if path.exists():
            return None
        atomic.write(content, path)
        if original is not None:
            atomic.write(original[0], self.folder / ORIGINALS / folder.name / f"{path.stem}{_ending(original[1])}")
        return path

    def add_image(self, label: str, image: np.ndarray, original: tuple[bytes, str] | None = None) -> Path | None:
        """The same for pixels, (H, W, 1 or 3) uint8."""
        return self.add(label, png(image), ".png", original)

    def remove(self, path: Path) -> None:
        """Take an image out, and its original."""
        if path.parent.parent != self.folder:
            raise ValueError(f"{path} is no image of {self.folder}")
        with suppress(FileNotFoundError):
            path.unlink()
        for original in (self.folder / ORIGINALS / path.parent.name).glob(f"{path.stem}.*"):
            original.unlink(missing_ok=True)
        with suppress(OSError):  # it has other images
            path.parent.rmdir()

    def delete(self) -> None:
        """Remove it with all of its images."""
        try:
            shutil.rmtree(self.folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unwritable("{folder} cannot be removed ({reason}). Check its permissions.", folder=self.folder,
                             reason=reason(error)) from error  # fmt: skip

    def write_zip(self, file: IO[bytes]) -> None:
        """Class folders as they are, which can be imported anywhere; the originals in a hidden folder beside them."""
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # images are packed already
            for path in sorted(self.folder.rglob("*")):
                if path.is_file() and path.name != ABOUT:
                    archive.write(path, str(path.relative_to(self.folder)))


def collections(workspace: Workspace) -> list[Collection]:
    """All of them, by name."""
    with suppress(FileNotFoundError):
        entries = [entry for entry in os.scandir(workspace.collections) if entry.is_dir() and not is_junk(entry.name)]
        return [Collection(workspace.collections.resolve() / name) for name in sorted(entry.name for entry in entries)]
    return []


def collection_named(name: str, workspace: Workspace) -> Collection:
    """The collection of that name, which is on the disk once an image is in it. `BadInput` for one without a visible
    character."""
    name = folder_name(one_line(name, MAX_NAME_CHARS))
    if not name:
        raise BadInput("Give the collection a name, such as: my symbols.")
    for known in collections(workspace):  # a disk may take “Symbols” and “symbols” for one
        if known.name.casefold() == name.casefold():
            return known
    return Collection(workspace.collections.resolve() / name)


def correcting(source: DataSource, workspace: Workspace, title: str) -> Collection:
    """The collection of images with which a person corrects the models of a data set; a new one is called `title`."""
    for known in collections(workspace):
        if known.corrects == source.base:
            return known
    taken = {known.name.casefold() for known in collections(workspace)}
    wanted = folder_name(one_line(title, MAX_NAME_CHARS))
    name = next(name for name in _numbered(wanted) if name.casefold() not in taken)
    made = Collection(workspace.collections.resolve() / name)
    about = {"name": source.name, "path": str(source.place) if source.is_folder else None, "layout": source.layout,
             "columns": source.columns}  # fmt: skip
    atomic.write(json.dumps(about).encode(), made.folder / ABOUT)
    return made


def class_folder(label: str) -> str:
    """The folder of a class; `BadInput` for a name without a visible character."""
    return folder_name(class_name(label))


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name} {number}"


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _ending(ending: str) -> str:
    """An ending of a file that a person named, made harmless."""
    plain = ending.lower()
    return plain if plain[:1] == "." and plain[1:].isascii() and plain[1:].isalnum() and len(plain) <= 6 else ""
