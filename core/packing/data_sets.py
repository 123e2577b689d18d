"""What a pack holds of the data sets that its runs learned from: versions, images that were added, and prepared images
of imported sets where they were asked for.

Built-in sets never travel: a stranger's images would then stand under a name that everybody trusts."""

import io
import json
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from core.datasets.blocks import Block, Description
from core.datasets.catalog import FOLDER
from core.datasets.edits import DIGEST, SPLITS, Edit, from_text, image_digest, to_text
from core.datasets.progress import PrepareProgress
from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.exporters.import_weights import meta_from_header
from core.files import atomic, disk_space
from core.files.paths import Workspace
from core.files.png import png
from core.locale import N_, _
from core.packing.manifest import MAX_EDITS_BYTES, MAX_LABELS_BYTES, DataOf, dump
from core.packing.pack_file import PackFile
from core.prepared import prepare
from core.prepared.allowed_paths import whereabouts
from core.prepared.arrays import HEADER, Meta
from core.prepared.cache_entry import CacheEntry
from core.prepared.versions import edits_of, images_folder, version_file
from core.prepared.writer import Writer as ArrayWriter
from core.program import COMMAND
from core.runs.store import Run
from core.sandbox.image_decoder import Decoders
from core.sanitize import one_line

if TYPE_CHECKING:
    from core.packing.pack import Writer

ARRAYS = ("labels.npy", "shapes.npy", "files.txt")  # beside the pixels; what else is prepared follows from these
PIXELS, META, SOURCE, EDITS = "images.npy", "meta.json", "source.json", "edits.csv"
IMAGES_AT_ONCE = 1000  # of one size, handed on together
MAX_META_BYTES = 10**7
MAX_IMAGE_BYTES = 2**26  # bytes of one image, whose shorter side is prepared to at most 256 pixels


def sources_of(runs: Sequence[Run]) -> list[DataSource]:
    """The data sets and versions that runs learned from, each once."""
    return list(dict.fromkeys(DataSource.of(run.config.data) for run in runs))


def how_to_get(source: DataSource, *, asked: bool) -> str:
    """That the images of a set are not in a pack, and where they come from. `asked`: they should have been."""
    if source.is_folder and asked:
        return _(
            "The images of {title:name} are not in the file, as they are not prepared here. Where it is unpacked, have "
            "them at {path}.",
            title=source.title,
            path=source.path or "",
        )
    if source.is_folder:
        return _(
            "The images of {title:name} are not in the file: pack them with --data, or have them at {path} where it is "
            "unpacked.",
            title=source.title,
            path=source.path or "",
        )
    return _(
        "The images of {title:name} are not in the file. On the computer where it is unpacked, prepare them on "
        "Data, or with: {command} prepare {name}",
        title=source.title,
        command=COMMAND,
        name=source.name,
    )


def size(source: DataSource, workspace: Workspace) -> int:
    """Bytes of what `pack_images` writes, nearly."""
    prepared = prepare.find(source.base, workspace) if source.is_folder else None
    return prepared.meta.pixel_bytes if prepared else 0


# Versions


def pack_version(source: DataSource, workspace: Workspace, writer: "Writer") -> Iterator[PrepareProgress]:
    """The edits of a version, and the images that they add; nothing where it was deleted, or for a set as it came."""
    if not source.version or not version_file(source, workspace).exists():
        return
    folder, edits = f"edits/{source.key}/", edits_of(source, workspace)
    writer.text(folder + SOURCE, json.dumps(dump(DataOf(**source.__dict__)), ensure_ascii=False))
    writer.text(folder + EDITS, to_text(edits))
    for digest in added(edits):
        path = images_folder(source, workspace) / f"{digest}.png"
        if path.exists():
            yield from writer.file(f"{folder}{digest}.png", path)


def added(edits: Sequence[Edit]) -> list[str]:
    return list(dict.fromkeys(edit.digest for edit in edits if edit.action == "add"))


def packed_versions(pack: PackFile) -> list[str]:
    """The folders of versions in a pack."""
    named = [name for name in pack.members if name.startswith("edits/") and name.endswith(f"/{SOURCE}")]
    return [name.removesuffix(SOURCE) for name in named]


def read_version(pack: PackFile, folder: str) -> tuple[DataSource, tuple[Edit, ...], dict[str, bytes]]:
    """A version of a pack, checked: which, its edits, and the images that they add, as PNG files written anew."""
    source = source_in(pack, folder + SOURCE)
    if not source.version:
        raise pack.damaged(folder + SOURCE)
    try:
        edits = from_text(pack.read(folder + EDITS, MAX_EDITS_BYTES).decode("utf-8"))
    except (BadInput, UnicodeDecodeError) as error:
        raise pack.damaged(folder + EDITS) from error
    images = {}
    with closing(Decoders(1)) as decoders:
        for digest in added(edits):
            member = f"{folder}{digest}.png"
            if member not in pack:
                continue
            (picture,) = decoders.pictures([pack.read(member, MAX_EDITS_BYTES)], whole=True)
            options = [] if isinstance(picture, str) else [picture.pixels, picture.pixels[..., :1]]
            image = next((one for one in options if image_digest(one) == digest), None)
            if not DIGEST.fullmatch(digest) or image is None:
                raise pack.damaged(member)
            images[digest] = png(image)
    return source, edits, images


def source_in(pack: PackFile, name: str) -> DataSource:
    """The data set that a member names."""
    named = pack.read_as(TypeAdapter(DataOf), name, MAX_META_BYTES)
    try:
        source = DataSource.of(named)
        whereabouts(source.path or "")
    except Problem as error:
        raise pack.damaged(name) from error
    return source


def keep_version(
    source: DataSource, edits: tuple[Edit, ...], images: dict[str, bytes], workspace: Workspace, made: list[Path]
) -> str:
    """Put a version where those of this workspace are, and add its files to those `made`; words where there is another
    one of its name, which stays."""
    file = version_file(source, workspace)
    if file.exists():
        with suppress(Problem):
            if edits_of(source, workspace) == edits:
                return ""
        return _(
            "There is a version {version:name} of {title:name} already, with other edits: it stays, and the runs of "
            "the pack that learned from theirs cannot be measured or resumed with it.",
            version=source.version,
            title=source.base.title,
        )
    for digest, content in images.items():
        path = images_folder(source, workspace) / f"{digest}.png"
        if not path.exists():
            made.append(path)
            atomic.write(content, path)
    made.append(file)
    atomic.write(to_text(edits).encode(), file)
    return ""


# Images


def pack_images(source: DataSource, workspace: Workspace, writer: "Writer") -> Generator[PrepareProgress, None, bool]:
    """The prepared images of an imported set; whether there are any."""
    prepared = prepare.find(source, workspace) if source.is_folder else None
    if prepared is None:
        return False
    prepared.require_whole()
    folder = f"data/{source.key}/"
    for name in (META, PIXELS, *ARRAYS):
        if (path := prepared.folder / name).exists():
            yield from writer.file(folder + name, path)
    return True


def packed_images(pack: PackFile) -> list[str]:
    """The folders of sets in a pack."""
    return [name.removesuffix(META) for name in pack.members if name.startswith("data/") and name.endswith(f"/{META}")]


def unpack_images(
    pack: PackFile, folder: str, workspace: Workspace, made: list[Path]
) -> Generator[PrepareProgress, None, str]:
    """Prepare a set from the images in a pack, and add its folder to those `made`: everything but the pixels, the
    labels and the words is measured anew. Returns words about what was done."""
    text = pack.read(folder + META, MAX_META_BYTES).decode("utf-8", "replace")
    meta = meta_from_header(text, str(pack.path))
    source = source_of(meta, pack, folder)
    title = one_line(source.title)
    if there := prepare.find(source, workspace):
        if there.meta.fingerprint == meta.fingerprint:
            return _("The images of {title:name} are here already.", title=title)
        return _("There are other images of {title:name} here: these stay.", title=title)
    disk_space.require(workspace.cache, pack.size(folder + PIXELS), _("the images of a data set"))
    slot = CacheEntry(source, workspace)
    workspace.cache.mkdir(parents=True, exist_ok=True)
    with slot.lock():
        slot.clean()
        slot.part.mkdir()
        try:
            with closing(ArrayWriter(slot.part)) as writer:
                done = 0
                for block in blocks(pack, folder, meta):
                    writer.add(block)
                    done += len(block.labels)
                    yield PrepareProgress(N_("reading images"), done, meta.count, "images")
                words = {name: getattr(meta, name) for name in Description.__dataclass_fields__}
                words |= {"title": title, "source": one_line(meta.source)}
                words["skipped"] = tuple((one_line(file), one_line(why)) for file, why in meta.skipped)
                kept = writer.finish(FOLDER, Description(**words))
            if kept.fingerprint != meta.fingerprint:
                raise pack.damaged(folder + PIXELS)
            made.append(slot.folder)
            slot.publish()
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
            raise pack.damaged(folder + PIXELS) from error
        finally:
            slot.clean()
    return _("The images of {title:name} are here now.", title=title)


def source_of(meta: Meta, pack: PackFile, folder: str) -> DataSource:
    """The imported set that a description is of; `BadInput` where it cannot be one."""
    try:
        source = DataSource.of(meta)
        whereabouts(meta.path or "")
        fits = source.is_folder and meta.path and not meta.version and meta.edited is None and source.key
    except Problem as error:
        raise pack.damaged(folder + META) from error
    counted = list(meta.splits) == [name for name in SPLITS if name in meta.splits]
    counted = counted and all(count >= 0 for count in meta.splits.values())
    if not fits or not counted or not meta.classes or not meta.splits.get("train"):
        raise pack.damaged(folder + META)
    return source


def blocks(pack: PackFile, folder: str, meta: Meta) -> Iterator[Block]:
    """The images and labels of a set, in their order."""
    labels = array(pack, folder + "labels.npy", (meta.count,))
    if meta.size is None:
        shapes = array(pack, folder + "shapes.npy", (meta.count, 2))
    else:
        shapes = np.broadcast_to(np.array(meta.size), (meta.count, 2))
    sizes = shapes.prod(axis=1, dtype=np.int64) * meta.channels
    right = shapes.min() >= 1 and shapes.max() < 2**16 and sizes.max() <= MAX_IMAGE_BYTES
    right = right and labels.min() >= 0 and labels.max() < len(meta.classes)
    if not right or sizes.sum() + HEADER != pack.size(folder + PIXELS):
        raise pack.damaged(folder + PIXELS)
    names: list[str] = []
    if folder + "files.txt" in pack:
        names = pack.read(folder + "files.txt", MAX_LABELS_BYTES).decode("utf-8", "replace").split("\n")[:-1]
        if len(names) != meta.count:
            raise pack.damaged(folder + "files.txt")
    at_once = IMAGES_AT_ONCE if meta.size else 1
    with pack.open(folder + PIXELS) as pixels:
        pixels.read(HEADER)
        start = 0
        for split, count in meta.splits.items():
            for first in range(start, start + count, at_once):
                last = min(first + at_once, start + count)
                content = pixels.read(int(sizes[first:last].sum()))
                shape = (last - first, *map(int, shapes[first]), meta.channels)
                yield Block(
                    split, np.frombuffer(content, np.uint8).reshape(shape), labels[first:last], names[first:last]
                )
            start += count


def array(pack: PackFile, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array of whole numbers."""
    try:
        found: np.ndarray = np.load(io.BytesIO(pack.read(name, MAX_LABELS_BYTES)), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise pack.damaged(name) from error
    if found.shape != shape or found.dtype != np.int64:
        raise pack.damaged(name)
    return found
