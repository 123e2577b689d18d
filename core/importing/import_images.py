"""Taking in an image folder or ZIP: every file is decoded once, then all are laid out in their final order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block, Description, Reading
from core.datasets.copies import first_of_copies, pixel_digest
from core.datasets.folder_layout import FolderLayout
from core.datasets.progress import PrepareProgress
from core.datasets.stratified import hold_out
from core.errors import BadInput, Problem
from core.importing.drawn import are_drawings
from core.importing.folder_splits import ORDER
from core.importing.ground import common_ground, widened
from core.importing.image_source import MAX_FILE_BYTES, ImageSource, title_of, too_large
from core.importing.layout import EXPECTED, OUTSIDE, Layout
from core.importing.table_layout import plan_of
from core.locale import N_, translate
from core.sandbox.image_decoding import decoded
from core.sandbox.image_files import Unreadable, collapses, cropped, is_faint
from core.sandbox.image_formats import ARCHIVE_ENDINGS
from core.sandbox.levels import Levels, SeenLevels
from core.sanitize import listed, one_line

TEST_SHARE = 0.2  # set aside from a folder that has neither val nor test
BLOCK_BYTES = 1 << 22  # bytes of pixels handed on in one go
MAX_SKIPPED_LISTED = 1000  # skipped files that are named; further ones are counted
FAINT_SHARE = 0.9  # of the images: where as many are faint, it comes from the files and not from what they show
LOOKED_AT = 200  # images: an even sample says whether a set shows drawings


@dataclass
class _Spool:
    """Decoded images in the order of their files, pixels on disk. They may be grey and colour, of any size."""

    path: Path
    splits: list[str] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    shapes: list[tuple[int, int, int]] = field(default_factory=list)  # (H, W, C)
    starts: list[int] = field(default_factory=list)  # bytes into the file
    reduced: bool = False  # some image was brought down in size
    kinds: list[np.dtype] = field(default_factory=list)  # of a value: uint8, or others for levels as the file has them
    seen: SeenLevels = field(default_factory=SeenLevels)  # of these levels
    collapsed: set[int] = field(default_factory=set)  # images that have hardly any grey levels left
    faint: set[int] = field(default_factory=set)  # images whose values lie close together
    moving: int = 0  # images whose files are animations
    skipped: list[tuple[str, str]] = field(default_factory=list)


def import_images(tree: ImageSource, scratch: Path, how: FolderLayout = "auto", columns: str = "") -> Reading:
    """The images of `tree`, its folders read as `how` says and a table as `columns` do, and what is known of them.
    Yields images read, then images handed on.

    A file in the folder `scratch` holds the pixels meanwhile. What cannot be read is skipped and listed. BadInput if
    what is left is no set of labelled images, Problem if it is gone meanwhile.
    """
    title = title_of(tree)
    plan = plan_of(tree, how, columns)
    spool = _Spool(scratch / "spool")
    yield from _decode(tree, plan, spool)
    if not tree.path.exists():
        raise Problem(
            "{title:name} went away while it was read. Bring {path} back, then prepare it again.",
            title=title,
            path=tree.path,
        )
    spool.skipped += [(one_line(name), OUTSIDE) for name in plan.outside]
    spool.skipped += [(one_line(name), reason) for name, reason in plan.passed_over]
    spool.skipped += [(one_line(name), N_("hidden: its name begins with a dot")) for name in tree.hidden]
    _check(spool, plan, title)
    yield from _arranged(spool, plan, tree, title, how, columns)
    spool.path.unlink()


def _decode(tree: ImageSource, plan: Layout, spool: _Spool) -> Iterator[PrepareProgress]:
    names = [name for _, _, name in plan.files]
    end = done = 0
    with spool.path.open("wb") as file:
        for group in decoded(names, tree.bytes_of, partial(_content, tree)):
            for picture in group:
                split, label, name = plan.files[done]
                done += 1
                if isinstance(picture, str):
                    spool.skipped.append((one_line(name), picture))
                    continue
                if picture.collapsed:
                    spool.collapsed.add(len(spool.starts))
                spool.moving += picture.moves
                if picture.levels is not None:
                    spool.seen.add(picture.levels)
                stored = np.ascontiguousarray(picture.pixels if picture.levels is None else picture.levels)
                file.write(stored.data)
                spool.kinds.append(stored.dtype)
                height, width, channels = picture.pixels.shape
                spool.splits.append(split)
                spool.labels.append(label)
                spool.files.append(name)
                spool.shapes.append((height, width, channels))
                spool.starts.append(end)
                spool.reduced |= picture.reduced
                end += stored.nbytes
            yield PrepareProgress(N_("reading images"), done, len(plan.files), "images")


def _content(tree: ImageSource, name: str) -> bytes | str:
    if tree.bytes_of(name) > MAX_FILE_BYTES:
        return too_large()
    if name.lower().endswith(ARCHIVE_ENDINGS):
        return N_("an archive inside; unpack it first")
    try:
        return tree.read(name) or N_("an empty file")
    except Unreadable as reason:
        return str(reason)


def _check(spool: _Spool, plan: Layout, title: str) -> None:
    training = {label for split, label in zip(spool.splits, spool.labels, strict=True) if split == "train"}
    if empty := [name for label, name in enumerate(plan.classes) if label not in training]:
        names = listed(empty)
        why = f" ({spool.skipped[0][0]}: {translate(spool.skipped[0][1])})" if spool.skipped else ""
        raise BadInput(
            "{title:name} has no readable training image of {names}{why}. {expected}",
            title=title,
            names=names,
            why=why,
            expected=translate(EXPECTED),
        )


def _arranged(spool: _Spool, plan: Layout, tree: ImageSource, title: str, how: FolderLayout, columns: str) -> Reading:
    labels = np.array(spool.labels)
    ranks = np.array([ORDER.index(split) for split in spool.splits])
    channels = max(shape[2] for shape in spool.shapes)
    uniform = not spool.reduced and len({shape[:2] for shape in spool.shapes}) == 1
    size = spool.shapes[0][:2] if uniform else None
    pixels = np.memmap(spool.path, np.uint8, "r")
    used = spool.seen.levels()

    def read(index: int) -> np.ndarray:
        height, width, depth = spool.shapes[index]
        start, kind = spool.starts[index], spool.kinds[index]
        end = start + height * width * depth * kind.itemsize
        image = np.frombuffer(pixels[start:end], kind).reshape(height, width, depth)
        if kind != np.uint8:
            levels, image = image, used.eight_bits(image)
            if collapses(levels, image):
                spool.collapsed.add(index)
        if is_faint(image):
            spool.faint.add(index)
        return image if depth == channels else np.repeat(image, channels, axis=2)

    looked_at = np.unique(np.linspace(0, len(labels) - 1, min(len(labels), LOOKED_AT)).astype(int))
    drawable = are_drawings(read(int(index)) for index in looked_at)
    ground = common_ground([read(int(index)) for index in looked_at]) if drawable else None

    def final(index: int) -> np.ndarray:
        image = read(index)
        if uniform:
            return image
        return cropped(image) if ground is None else widened(image, ground)

    if not plan.divided or not ranks.any():
        copies = first_of_copies([pixel_digest(final(index)) for index in range(len(labels))])
        ranks[hold_out(labels, round(TEST_SHARE * len(labels)), 0, copies)] = ORDER.index("test")
        if not ranks.any() and spool.collapsed:
            raise BadInput(
                "{title:name} cannot be used: its images have hardly any grey levels left and are alike, because the "
                "values in their files lie too close together beside the largest one of the set. Spread them over the "
                "range, and save as PNG.",
                title=title,
            )
        if not ranks.any():
            raise BadInput(
                "{title:name} has one image of each class only, or copies of one; at least two are needed, to test on "
                "one of them: add images, or say what to test on with the folders train and test.",
                title=title,
            )
    order = np.argsort(ranks, kind="stable")
    done = 0
    for block in _blocks(order, ranks, spool, uniform):
        images = np.stack([final(index) for index in block])
        files = [spool.files[index] for index in block]
        yield Block(ORDER[ranks[block[0]]], images, labels[block], files)
        done += len(block)
        yield PrepareProgress(N_("writing images"), done, len(order), "images")
    if len(spool.faint) >= FAINT_SHARE * len(order):
        spool.collapsed |= spool.faint
    yield Description(
        path=str(tree.path),
        layout=how,
        columns=columns,
        levels=used if used != Levels() else None,
        title=title,
        classes=plan.classes,
        size=size,
        source=str(tree.path),
        # Without a version the source is read again the next time.
        source_version=tree.source_version if tree.is_stable() else "",
        drawable=drawable,
        ground=ground,
        flips=not drawable,  # a mirrored letter is another letter, a mirrored ant is an ant
        skipped=tuple(sorted(spool.skipped)[:MAX_SKIPPED_LISTED]),
        collapsed=len(spool.collapsed),
        moving=spool.moving,
        unlisted=max(len(spool.skipped) - MAX_SKIPPED_LISTED, 0),
    )


def _blocks(order: np.ndarray, ranks: np.ndarray, spool: _Spool, uniform: bool) -> Iterator[list[int]]:
    """Runs of images that can be kept together: of one split, and in a uniform set several at once."""
    most = max(BLOCK_BYTES // max(int(np.prod(spool.shapes[0])), 1), 1) if uniform else 1
    for rank in np.unique(ranks):
        indices = iter(order[ranks[order] == rank].tolist())
        while block := list(islice(indices, most)):
            yield block
