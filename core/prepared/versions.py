"""Versions of a data set: a person's edits that were saved under a name. Everything about the edits of a set is in one
folder of the workspace: the list at work, a file for each version, the images that were added."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from core.datasets.edits import Edit, count_of, from_text, to_text
from core.datasets.source import DataSource
from core.errors import BadInput, Problem, reason, unknown
from core.files.atomic import file_identity
from core.files.paths import Workspace
from core.prepared.arrays import Prepared

LIST = "edits.csv"  # the one at work
VERSIONS = "versions"
IMAGES = "images"


@dataclass(frozen=True)
class Version:
    """A saved version of a data set."""

    source: DataSource
    changes: int  # edits that change something

    @property
    def name(self) -> str:
        return self.source.version


def folder_of(source: DataSource, workspace: Workspace) -> Path:
    """Where the edits of a data set are, and of all its versions."""
    return workspace.edits / source.base.key


def edits_lock(source: DataSource, workspace: Workspace) -> FileLock:
    """Held by whoever changes these edits."""
    return FileLock(folder_of(source, workspace) / "edits.lock")


def versions(source: DataSource, workspace: Workspace) -> list[Version]:
    """The saved versions of a data set, the oldest first."""
    files = sorted((folder_of(source, workspace) / VERSIONS).glob("*.csv"), key=lambda file: file.stat().st_mtime_ns)
    found = []
    for file in files:
        try:
            named = replace(source, version=file.stem)
            found.append(Version(named, _changes(named, workspace, file_identity(file))))
        except Problem:
            continue  # a file that a person put there, and that is none; `edits_of` says so where it is asked for
    return found


def saved_as(edits: Iterable[Edit], source: DataSource, workspace: Workspace) -> Version | None:
    """The newest version that has these edits, whenever they were made; None where none has."""
    wanted = {replace(edit, made="") for edit in edits}
    for one in reversed(versions(source, workspace)):
        if {replace(edit, made="") for edit in edits_of(one.source, workspace)} == wanted:
            return one
    return None


@lru_cache(maxsize=64)
def _changes(source: DataSource, workspace: Workspace, identity: str) -> int:
    """Every page that offers data sets asks for it, and reading ten thousand edits takes a tenth of a second."""
    return count_of(edits_of(source, workspace))


def edits_of(source: DataSource, workspace: Workspace) -> tuple[Edit, ...]:
    """The edits of a saved version; `BadInput` where there is none of that name, or its file is damaged."""
    file = version_file(source, workspace)
    try:
        return from_text(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        names = sorted(one.stem for one in file.parent.glob("*.csv"))
        if isinstance(error, FileNotFoundError) and names:
            raise unknown("version", source.version, names) from error
        if isinstance(error, FileNotFoundError):
            raise BadInput("unknown version {version!r}; no version was saved", version=source.version) from error
        raise BadInput("{file} cannot be read: {reason}.", file=file, reason=reason(error)) from error


def state_of(edits: Iterable[Edit], base: Prepared) -> str:
    """A text that changes when the edits of a version do, or the set that they are made to."""
    content = base.meta.fingerprint + to_text(edits)
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def images_folder(source: DataSource, workspace: Workspace) -> Path:
    """Where the images are that were added to a data set: PNG files, each called as its digest."""
    return folder_of(source, workspace) / IMAGES


def added_alone(version: DataSource, workspace: Workspace) -> list[Path]:
    """The images that a version adds and no other list of edits does; none where a list cannot be read, for it may have
    any of them."""
    folder, own = folder_of(version, workspace), version_file(version, workspace)
    lists = [file for file in (folder / LIST, *(folder / VERSIONS).glob("*.csv")) if file.exists()]
    try:
        added = {file: {edit.digest for edit in from_text(file.read_text("utf-8")) if edit.action == "add"}
                 for file in lists}  # fmt: skip
    except (OSError, UnicodeDecodeError, BadInput):
        return []
    alone = added.pop(own, set()).difference(*added.values())
    return [images_folder(version, workspace) / f"{digest}.png" for digest in sorted(alone)]


def version_file(source: DataSource, workspace: Workspace) -> Path:
    """Where the edits of a saved version are."""
    return folder_of(source, workspace) / VERSIONS / f"{source.version}.csv"
