"""Preparing a data set once: found, downloaded or imported, checked, and left as arrays that everything maps."""

from collections.abc import Generator, Iterable
from contextlib import suppress

from filelock import FileLock, Timeout

from core.data.catalog import FOLDER, DatasetSpec, spec
from core.data.download import download
from core.data.intake import take_in
from core.data.local import Copy, locate
from core.data.prepared import HEADER, Meta, Prepared
from core.data.progress import Progress, paced
from core.data.slot import Slot
from core.data.source import DataSource
from core.data.tree import Tree, file_stamp, open_tree
from core.data.writer import Writer
from core.errors import BadInput, Problem, reason
from core.places import Places
from core.program import COMMAND

WAIT = 0.2  # seconds between two looks at another process's work

__all__ = ["Progress", "find", "imported", "prepare", "require"]


def find(source: DataSource, places: Places) -> Prepared | None:
    """What is prepared, if it is whole. Quick: it looks neither at the pixels nor at the source."""
    slot = Slot(source, places)
    prepared = Prepared(slot.folder)
    with suppress(Problem, OSError):
        slot.recover()
        pixels, labels = ((prepared.folder / file).stat().st_size for file in ("images.npy", "labels.npy"))
        if pixels == HEADER + prepared.meta.pixel_bytes and labels > 8 * prepared.meta.count:
            return prepared
    return None


def require(source: DataSource, places: Places) -> Prepared:
    """What is prepared; Problem if it is not."""
    prepared = find(source, places)
    if prepared is None:
        raise Problem(f"{source.title} is not prepared yet; prepare it on the Data page or with `{COMMAND} prepare`.")
    return prepared


def imported(places: Places) -> list[Meta]:
    """The image folders and ZIPs prepared so far (`.path` says which), newest first."""
    found = []
    for file in places.cache.glob(f"{FOLDER}-*/meta.json"):
        with suppress(Problem, OSError):
            meta = Prepared(file.parent).meta
            if meta.path and file.parent.name == DataSource.of(meta).key:  # not the remains of a cancelled one
                found.append((file.stat().st_mtime_ns, meta))
    return [meta for _, meta in sorted(found, key=lambda one: -one[0])]


def prepare(source: DataSource, places: Places) -> Generator[Progress, None, None]:
    """Make sure that a data set is prepared.

    Yields progress, at most 20 times a second, and nothing if there is nothing to do: a built-in is prepared
    once, a folder or ZIP anew when it has changed. Closing the generator cancels and leaves nothing behind.
    Raises BadInput for what is unknown or broken, Problem for what the network or the disk refuses.
    """
    slot = Slot(source, places)
    origin = _origin(slot)
    if origin is None or _done(slot, origin):
        return
    try:
        places.cache.mkdir(parents=True, exist_ok=True)
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
            f"{source.title} could not be prepared: {reason(error)}{where}; "
            f"free some space, or check the permissions of {places.home} and {places.data}, then try again."
        ) from error


def _origin(slot: Slot) -> DatasetSpec | Tree | None:
    """What to prepare from; None if there is nothing to do: an import's source has not changed, or is gone while what
    was prepared from it is still there."""
    if not slot.source.is_folder:
        return spec(slot.source.name)
    place = slot.source.place  # refuses a missing path
    prepared = find(slot.source, slot.places)
    try:
        unchanged = place.is_file() and prepared and prepared.meta.stamp == file_stamp(place)  # a ZIP is not opened
        return None if prepared and (unchanged or not place.exists()) else open_tree(str(slot.source.path))
    except OSError as error:
        raise BadInput(f"{place} cannot be looked at ({reason(error)}): check the path and its permissions.") from error


def _done(slot: Slot, origin: DatasetSpec | Tree) -> bool:
    prepared = find(slot.source, slot.places)
    stamp = "" if isinstance(origin, DatasetSpec) else origin.stamp
    return prepared is not None and prepared.meta.stamp == stamp


def _acquired(lock: FileLock) -> Generator[Progress, None, None]:
    patience = 0.0
    while True:
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            yield Progress("waiting for another preparation", 0, 0, "images")
            patience = WAIT
        else:
            return


def _heeding(slot: Slot, reports: Iterable[Progress]) -> Generator[Progress, None, None]:
    """The same reports, until some other process asks to stop."""
    for report in reports:
        if slot.cancel.exists():
            raise Problem(f"The preparation of {slot.source.title} was cancelled.")
        yield report


def _build(slot: Slot, source: DatasetSpec | Tree) -> Generator[Progress, None, None]:
    """Prepare beside the final place, then move there in one step."""
    slot.part.mkdir()
    if isinstance(source, DatasetSpec):
        yield from _built_in(slot, source)
    else:
        yield from take_in(source, slot.part)
    slot.settle()


def _built_in(slot: Slot, source: DatasetSpec) -> Generator[Progress, None, None]:
    data = slot.places.data
    copy = locate(source, data)
    if copy:
        yield from _read(slot, source, copy, f"files in {copy.folder}" if source.files else "scikit-learn")
        return
    yield from download(source, data, slot.downloads)
    copy = locate(source, data)
    if copy is None:
        raise Problem(f"{source.title} was downloaded, but its files are not in {data / source.where}: try again.")
    yield from _read(slot, source, copy, f"downloaded with torchvision, see {source.homepage}")


def _read(slot: Slot, source: DatasetSpec, copy: Copy, words: str) -> Generator[Progress, None, None]:
    writer = Writer(slot.part, source.channels)
    try:
        done, expected = 0, sum(source.counts.values())
        yield Progress("reading images", 0, expected, "images")
        for block in source.read(copy.paths):
            writer.add(*block)
            done += len(block.labels)
            yield Progress("reading images", done, max(done, expected), "images")
        writer.finish(
            source.size,
            None,
            name=source.name,
            path=None,
            title=source.title,
            classes=source.classes,
            source=words,
            stamp="",
            drawable=source.drawable,
            flips=source.flips,
        )
    finally:
        writer.close()
