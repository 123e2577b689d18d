"""Prepares a data set once: finds, downloads or imports it, checks it, and stores it as arrays that readers map."""

import shlex
import shutil
from collections.abc import Generator, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.datasets.blocks import Block, Description, Reading
from core.datasets.catalog import FOLDER, DatasetSpec, spec
from core.datasets.download import download
from core.datasets.edits import Edit
from core.datasets.local_copies import Copy, locate
from core.datasets.progress import PrepareProgress, paced
from core.datasets.source import DataSource
from core.errors import BadInput, Problem, reason
from core.files.paths import Workspace
from core.importing.image_source import ImageSource, file_version, open_image_source
from core.importing.import_images import import_images
from core.locale import N_, _
from core.prepared.arrays import HEADER, Meta, Prepared
from core.prepared.cache_entry import CacheEntry
from core.prepared.edited import edited
from core.prepared.versions import edits_of, images_folder, state_of, version_file
from core.prepared.writer import Writer
from core.program import COMMAND

LOCK_POLL_S = 0.2  # seconds between two looks at another process's work

__all__ = ["PrepareProgress", "find", "imported", "prepare", "require"]


def find(source: DataSource, workspace: Workspace) -> Prepared | None:
    """The prepared data set, if it is complete. Quick: it reads neither the pixels nor the source."""
    slot = CacheEntry(source, workspace)
    prepared = Prepared(slot.folder)
    with suppress(Problem, OSError):
        slot.recover()
        counted = ["labels.npy", *([] if prepared.meta.copies is None else ["copies.npy"])]
        pixels, *numbers = ((prepared.folder / file).stat().st_size for file in ("images.npy", *counted))
        if pixels == HEADER + prepared.meta.pixel_bytes and min(numbers) > 8 * prepared.meta.count:
            return prepared
    return None


def require(source: DataSource, workspace: Workspace) -> Prepared:
    """The prepared data set; Problem if there is none."""
    prepared = find(source, workspace)
    if prepared is None and source.version and not version_file(source, workspace).exists():
        raise Problem(
            "Version {version:name} of {title:name} was deleted. What runs have learned from it stays, with their "
            "figures; to measure, resume or repeat them, save the same edits as {version:name} once more.",
            version=source.version,
            title=source.base.title,
        )
    if prepared is None and source.path and not source.place.exists():
        raise Problem(
            "The images of {title:name} are not here: there is no {path}, and nothing that was prepared of it. Put "
            "them there and prepare them, or choose another data set.",
            title=source.title,
            path=str(source.place),
        )
    if prepared is None:
        raise Problem(
            "{title:name} is not prepared yet; prepare it on the Data page or with `{command} prepare {name}`.",
            title=source.title,
            command=COMMAND,
            name=shlex.join(arguments(source)),
        )
    return prepared


def arguments(source: DataSource) -> list[str]:
    """What follows `prepare` on the command line."""
    layout = ["--layout", source.layout] if source.layout != "auto" else []
    version = ["--version", source.version] if source.version else []
    return [source.path or source.name, *layout, *version]


def imported(workspace: Workspace) -> list[Meta]:
    """The image folders and ZIPs prepared so far (`.path` says which), newest first."""
    found = []
    for file in workspace.cache.glob(f"{FOLDER}-*/meta.json"):
        with suppress(Problem, OSError):
            meta = Prepared(file.parent).meta
            if (
                meta.path and not meta.version and file.parent.name == DataSource.of(meta).key
            ):  # not the remains of a cancelled one
                found.append((file.stat().st_mtime_ns, meta))
    return [meta for _, meta in sorted(found, key=lambda one: -one[0])]


def prepare(source: DataSource, workspace: Workspace) -> Generator[PrepareProgress, None, None]:
    """Make sure that a data set is prepared.

    Yields progress, at most 20 times a second, and nothing if there is nothing to do: a built-in is prepared
    once, a folder or ZIP anew when it has changed. Closing the generator cancels and leaves nothing behind.
    Raises BadInput for what is unknown or broken, Problem for what the network or the disk refuses.
    """
    slot = CacheEntry(source, workspace)
    if source.version and not _base_is_gone(slot):
        edits_of(source, workspace)  # or there is no such version
        yield from prepare(source.base, workspace)
    origin = _origin(slot)
    if origin is None or _done(slot, origin):
        return
    try:
        workspace.cache.mkdir(parents=True, exist_ok=True)
        lock = slot.lock()
        yield from _acquired(lock)
        try:
            slot.clean()
            if not _done(slot, origin):
                yield from paced(_heeding(slot, _build(slot, origin)))
        finally:
            try:
                slot.clean()
            finally:
                lock.release()
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise Problem(
            "{title:name} could not be prepared: {reason}{where}; free some space, or check the permissions of "
            "{home} and {data}, then try again.",
            title=source.title,
            reason=reason(error),
            where=where,
            home=workspace.home,
            data=workspace.data,
        ) from error


@dataclass(frozen=True)
class EditedSource:
    """The prepared set that a version is made of, and its edits."""

    base: Prepared
    edits: tuple[Edit, ...]
    source_version: str

    @classmethod
    def of(cls, slot: CacheEntry) -> "EditedSource":
        base, edits = require(slot.source.base, slot.workspace), edits_of(slot.source, slot.workspace)
        return cls(base, edits, state_of(edits, base))

    def read(self, slot: CacheEntry) -> Reading:
        images = images_folder(slot.source, slot.workspace)
        return edited(self.base, self.edits, images, slot.part, slot.source.version, self.source_version)


def _base_is_gone(slot: CacheEntry) -> bool:
    """Whether a version was prepared of a folder or ZIP that is not there any more, nor what was prepared of it."""
    source = slot.source
    there = source.base.is_folder and (source.place.exists() or find(source.base, slot.workspace))
    return source.is_folder and not there and find(source, slot.workspace) is not None


def _origin(slot: CacheEntry) -> DatasetSpec | ImageSource | EditedSource | None:
    """What to prepare from; None if there is nothing to do: an import's source has not changed, or is gone while what
    was prepared from it is still there."""
    if slot.source.version:
        return None if _base_is_gone(slot) else EditedSource.of(slot)
    if not slot.source.is_folder:
        return spec(slot.source.name)
    place = slot.source.place  # refuses a missing path
    prepared = find(slot.source, slot.workspace)
    try:
        unchanged = (
            place.is_file() and prepared and prepared.meta.source_version == file_version(place)
        )  # a ZIP is not opened
        if prepared and (unchanged or not place.exists()):
            return None
        return open_image_source(str(slot.source.path), slot.source.columns)
    except OSError as error:
        raise BadInput(
            "{place} cannot be looked at ({reason}): check the path and its permissions.",
            place=place,
            reason=reason(error),
        ) from error


def _done(slot: CacheEntry, origin: DatasetSpec | ImageSource | EditedSource) -> bool:
    prepared = find(slot.source, slot.workspace)
    source_version = "" if isinstance(origin, DatasetSpec) else origin.source_version
    return prepared is not None and prepared.meta.source_version == source_version


def _acquired(lock: FileLock) -> Generator[PrepareProgress, None, None]:
    patience = 0.0
    while True:
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            yield PrepareProgress(N_("waiting for another preparation"), 0, 0, "images")
            patience = LOCK_POLL_S
        else:
            return


def _heeding(slot: CacheEntry, reports: Iterable[PrepareProgress]) -> Generator[PrepareProgress, None, None]:
    """Pass the reports on, until another process asks to stop."""
    for report in reports:
        if slot.cancel.exists():
            raise Problem("The preparation of {title:name} was cancelled.", title=slot.source.title)
        yield report


def _build(
    slot: CacheEntry, origin: DatasetSpec | ImageSource | EditedSource
) -> Generator[PrepareProgress, None, None]:
    """Prepare beside the final place, then move there in one step."""
    slot.part.mkdir()
    if isinstance(origin, DatasetSpec):
        reading = _built_in(slot, origin)
    elif isinstance(origin, EditedSource):
        reading = origin.read(slot)
    else:
        reading = import_images(origin, slot.part, slot.source.layout, slot.source.columns)
    yield from _kept(slot, reading)
    slot.publish()


def _kept(slot: CacheEntry, reading: Reading) -> Generator[PrepareProgress, None, None]:
    """Write what is read, from any source; yields the reports of the reading."""
    with closing(reading), closing(Writer(slot.part)) as writer:
        for item in reading:
            if isinstance(item, Block):
                writer.add(item)
            elif isinstance(item, Description):
                writer.finish(slot.source.name, item)
            else:
                yield item


def _built_in(slot: CacheEntry, origin: DatasetSpec) -> Reading:
    data = slot.workspace.data
    copy = locate(origin, data)
    if copy:
        yield from _read(
            origin, copy, slot.part, _("files in {folder}", folder=copy.folder) if origin.files else "scikit-learn"
        )
        return
    yield from download(origin, data, slot.downloads)
    copy = locate(origin, data)
    if copy is None:
        raise Problem(
            "{title:name} was downloaded, but its files are not in {data}: try again.",
            title=origin.title,
            data=data / origin.where,
        )
    yield from _read(origin, copy, slot.part, _("downloaded, see {homepage}", homepage=origin.homepage))


def _read(origin: DatasetSpec, copy: Copy, part: Path, words: str) -> Reading:
    done, expected = 0, sum(origin.counts.values())
    scratch = part / "scratch"
    scratch.mkdir()
    yield PrepareProgress(N_("reading images"), 0, expected, "images")
    for item in origin.read(copy.paths, scratch):
        if isinstance(item, Block):
            yield item
            done += len(item.labels)
        elif item.unit != "images":  # an earlier stage: an archive is unpacked
            yield item
            continue
        yield PrepareProgress(N_("reading images"), done, max(done, expected), "images")
    shutil.rmtree(scratch)
    yield Description(
        title=origin.title,
        classes=origin.classes,
        size=origin.size,
        source=words,
        drawable=origin.drawable,
        flips=origin.flips,
    )
