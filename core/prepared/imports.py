"""Image folders and ZIPs that were imported: where they are from, whether they have changed since; their removal, and
that of saved versions of any set."""

import os
import shutil
from pathlib import Path
from typing import Literal

from filelock import Timeout

from core.datasets.folder_layout import FolderLayout
from core.datasets.source import DataSource
from core.errors import BadInput, Problem, Unwritable, reason
from core.files.paths import Workspace, resolved
from core.importing.collection import Collection
from core.importing.image_source import file_version, open_image_source
from core.importing.label_table import is_table
from core.locale import _
from core.prepared.arrays import Meta
from core.prepared.cache_entry import CacheEntry
from core.prepared.prepare import imported
from core.prepared.versions import added_alone, edits_lock, version_file, versions

LOCK_TIMEOUT_S = 5.0  # seconds that another change of the edits may take
Change = Literal["", "changed", "gone"]  # of what was imported, since it was read; "" where it is as it was


def is_upload(path: Path, workspace: Workspace) -> bool:
    """Whether a ZIP came in through the browser, so that its copy here is ours."""
    return path.is_relative_to(workspace.uploads.resolve())


def is_collected(path: Path, workspace: Workspace) -> bool:
    """Whether the images of a folder were collected here, so that there are no others."""
    return path.parent == workspace.collections.resolve()


def place_of(source: DataSource, workspace: Workspace) -> str:
    """Where an import comes from, for people: the path of their own folder or ZIP, the name of an uploaded one, or of
    a collection."""
    path = source.place
    if is_collected(path, workspace):
        return _("{name}, collected here", name=path.name)
    return _("{file}, uploaded", file=path.name) if is_upload(path, workspace) else str(path)


def change_since(meta: Meta) -> Change:
    """Whether a folder or ZIP has changed since it was read. Lists all files of a folder: seconds, if they are many."""
    place = DataSource.of(meta).place
    if not meta.source_version:  # files of it came and went while it was read: nothing is known
        return ""
    try:
        plain = place.is_file() and not is_table(place.name)
        now = file_version(place) if plain else open_image_source(str(place), meta.columns).source_version
    except (BadInput, OSError):
        return "gone"
    return "" if now == meta.source_version else "changed"


def find_import(text: str, workspace: Workspace, layout: FolderLayout | None = None) -> DataSource:
    """The import meant by its path or its name, and the way in which its folders were read where there are several;
    `BadInput` if that is none, or more than one."""
    known = list(map(DataSource.of, imported(workspace)))
    there = [one for one in known if one.place == resolved(text)] or [one for one in known if text == one.title]
    found = [one for one in there if layout in (None, one.layout)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(
            "{asked:name} could be any of these imports: {found}. Give the path, or --layout where one path was read "
            "in several ways.",
            asked=text,
            found=", ".join(f"{one.path} ({one.layout})" for one in found),
        )
    raise BadInput("There is no import {asked:name}; have: {known}", asked=text,
                   known=", ".join(str(one.path) for one in known) or _("none"))  # fmt: skip


def remove(source: DataSource, workspace: Workspace) -> None:
    """Remove what was prepared of an import and of its versions, and its uploaded copy or the images that were
    collected; a person's own folder or ZIP stays as it is, and so do the edits, for the day on which it is imported
    again. Of a version its list of edits goes, with the images that no other list adds, and what was prepared of it;
    the edits at work stay."""
    try:
        mine = [] if source.version else [version.source for version in versions(source, workspace)]
        for one in [*mine, source]:
            slot = CacheEntry(one, workspace)
            with slot.lock().acquire(timeout=0):
                slot.clean()
                if slot.folder.exists():
                    os.rename(slot.folder, slot.part)  # what is left of it, if this stops, is removed with the next
                shutil.rmtree(slot.part, ignore_errors=True)
                slot.log.unlink(missing_ok=True)
                shutil.rmtree(workspace.exports / one.key, ignore_errors=True)
        if source.version:
            with edits_lock(source, workspace).acquire(timeout=LOCK_TIMEOUT_S):
                alone = added_alone(source, workspace)
                version_file(source, workspace).unlink(missing_ok=True)
                for image in alone:
                    image.unlink(missing_ok=True)
            return
        if is_upload(source.place, workspace) and source.path not in {meta.path for meta in imported(workspace)}:
            source.place.unlink(missing_ok=True)
        if is_collected(source.place, workspace):
            Collection(source.place).delete()
    except Timeout as error:
        raise Problem(
            "{title:name} is being prepared. Cancel that first, then remove it.", title=source.title
        ) from error
    except OSError as error:
        raise Unwritable(
            "{title:name} cannot be removed ({reason}). Check the permissions of {home}.",
            title=source.title,
            reason=reason(error),
            home=workspace.home,
        ) from error
