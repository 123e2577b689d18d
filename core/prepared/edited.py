"""A version of a data set: the prepared set with a person's edits, laid out in the order in which readers map it."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from core.datasets.blocks import Block, Description, Reading
from core.datasets.edits import SPLITS, Edit, Edited, count_of, image_digest
from core.datasets.progress import PrepareProgress
from core.datasets.source import with_version
from core.errors import BadInput, Problem, reason
from core.locale import N_
from core.prepared.arrays import Prepared

BLOCK_BYTES = 1 << 22  # of pixels handed on at once
OUT = -1  # in place of a split: the image is left out


@dataclass(frozen=True)
class Overlay:
    """What edits make of the images of a set. Arrays are (N,), an item for each image of the set as it came."""

    classes: tuple[str, ...]  # those of the set, and new ones in the order of the edits
    labels: np.ndarray  # int64, places in `classes`
    splits: np.ndarray  # int8, places in SPLITS; OUT for an image that is left out
    kept: np.ndarray  # bool: a person has looked at it and found it right
    notes: dict[int, str]
    added: tuple[Edit, ...]
    unmatched: tuple[Edit, ...]  # of images that the set does not have any more


def overlay(prepared: Prepared, edits: Sequence[Edit]) -> Overlay:
    """Apply the edits to the labels and splits of a set. An image is found at its place, or by its pixels where another
    one stands there."""
    places, unmatched = resolve(prepared, edits)
    classes = dict.fromkeys(prepared.meta.classes)
    classes |= dict.fromkeys(edit.value for edit in edits if edit.action in ("relabel", "add"))
    number = {name: place for place, name in enumerate(classes)}
    labels, kept = np.array(prepared.labels, np.int64), np.zeros(prepared.meta.count, bool)
    splits = np.concatenate(
        [np.full(count, SPLITS.index(split), np.int8) for split, count in prepared.meta.splits.items()]
    )
    notes: dict[int, str] = {}
    for edit in edits:
        if (place := places.get(edit)) is None:
            continue
        if edit.action == "relabel":
            labels[place] = number[edit.value]
        elif edit.action == "move":
            splits[place] = OUT if splits[place] == OUT else SPLITS.index(edit.value)
        elif edit.action == "exclude":
            splits[place] = OUT
        elif edit.action == "keep":
            kept[place] = True
        else:
            notes[place] = edit.value
    added = tuple(edit for edit in edits if edit.action == "add")
    return Overlay(tuple(classes), labels, splits, kept, notes, added, unmatched)


def resolve(prepared: Prepared, edits: Sequence[Edit]) -> tuple[dict[Edit, int], tuple[Edit, ...]]:
    """Where the image of each edit is in the set, and the edits whose image it does not have any more. Of several
    images with its pixels it is the one whose file has its name."""
    places: dict[Edit, int] = {}
    elsewhere = []
    starts = {split: int(indices[0]) for split in SPLITS if len(indices := prepared.indices(split))}
    for edit in edits:
        if edit.number is None:
            continue
        inside = edit.number < prepared.meta.splits.get(edit.split, 0)
        place = starts[edit.split] + edit.number if inside else 0
        here = inside and edit.file in ("", prepared.file(place))
        if here and image_digest(prepared.image(place)) == edit.digest:
            places[edit] = place
        else:
            elsewhere.append(edit)
    if elsewhere:
        known: dict[str, list[int]] = {edit.digest: [] for edit in elsewhere}
        for place in range(prepared.meta.count):
            if (digest := image_digest(prepared.image(place))) in known:
                known[digest].append(place)
        found = {edit: most_alike(prepared, edit, known[edit.digest]) for edit in elsewhere}
        places |= {edit: place for edit, place in found.items() if place is not None}
    return places, tuple(edit for edit in elsewhere if edit not in places)


def most_alike(prepared: Prepared, edit: Edit, copies: Sequence[int]) -> int | None:
    """Which of the images with the pixels of an edit's image it is: by its file, its split, its class and its number.
    None where they have another name in another split, too: what was edited is gone, and these are copies of it."""

    def likeness(place: int) -> tuple[bool, bool, bool, bool, int]:
        split, number = prepared.address(place)
        file, name = prepared.file(place), prepared.meta.classes[prepared.labels[place]]
        called = PurePosixPath(file).name == PurePosixPath(edit.file).name
        return file == edit.file, called, split == edit.split, name == edit.was, -abs(number - (edit.number or 0))

    best = max(copies, key=likeness, default=None)
    return best if best is not None and any(likeness(best)[:3]) else None


def require_trainable(prepared: Prepared, found: Overlay) -> None:
    """`BadInput` where too little is left to train and to test on."""
    splits = np.concatenate([found.splits, [SPLITS.index(edit.split) for edit in found.added]])
    classes = [found.classes.index(edit.value) for edit in found.added]
    labels = np.concatenate([found.labels, np.array(classes, np.int64)])
    training = labels[splits == SPLITS.index("train")]
    if len(np.unique(training)) < 2:
        raise BadInput(
            "{title:name} would have training images of fewer than two classes. Take some edits back.",
            title=prepared.meta.title,
        )
    if not (splits > SPLITS.index("train")).any():
        raise BadInput(
            "{title:name} would have no image left to test on. Take some edits back.", title=prepared.meta.title
        )


def edited(prepared: Prepared, edits: Sequence[Edit], images: Path, part: Path, version: str, state: str) -> Reading:
    """The images of a version, and what is known of them. `images` is the folder of those that were added, `part` the
    folder that is being prepared, `state` identifies the edits and the set. Yields images copied, as it goes.

    `BadInput` where too little is left, `Problem` where an added image cannot be read."""
    found = overlay(prepared, edits)
    require_trainable(prepared, found)
    meta = prepared.meta
    used = np.zeros(len(found.classes), bool)
    used[found.labels[found.splits != OUT]] = True
    used[[found.classes.index(edit.value) for edit in found.added]] = True
    number = np.cumsum(used) - 1  # a class whose images have all got another one is gone
    origin: list[np.ndarray] = []
    total = int((found.splits != OUT).sum()) + len(found.added)
    done = 0
    with_files = bool(prepared.files or found.added)
    for place, split in enumerate(SPLITS):
        indices = np.flatnonzero(found.splits == place)
        origin.append(indices)
        for group in _blocks(prepared, indices):
            pixels = prepared.array[group] if prepared.uniform else np.stack([prepared.image(int(i)) for i in group])
            files = [prepared.file(int(index)) for index in group] if with_files else ()
            yield Block(split, pixels, number[found.labels[group]], files)
            done += len(group)
            yield PrepareProgress(N_("copying images"), done, total, "images")
        for edit in found.added:
            if edit.split == split:
                yield Block(split, added_image(images, edit)[None], number[[found.classes.index(edit.value)]],
                            [edit.file])  # fmt: skip
                origin.append(np.array([-1]))
    np.save(part / "origin.npy", np.concatenate(origin).astype(np.int64))
    yield Description(
        title=with_version(meta.title, version),
        classes=tuple(name for name, there in zip(found.classes, used, strict=True) if there),
        size=meta.size,
        source=meta.source,
        drawable=meta.drawable,
        flips=meta.flips,
        layout=meta.layout,
        columns=meta.columns,
        path=meta.path,
        version=version,
        edited=Edited(changes=count_of(edits), unmatched=count_of(found.unmatched), base=meta.fingerprint),
        source_version=state,
        ground=meta.ground,
        levels=meta.levels,
        skipped=meta.skipped,
        unlisted=meta.unlisted,
        collapsed=meta.collapsed,
        moving=meta.moving,
    )


def _blocks(prepared: Prepared, indices: np.ndarray) -> Iterator[np.ndarray]:
    """The indices in groups of images of one size, of some megabytes each."""
    for _shape, group in groupby(indices, key=lambda index: tuple(prepared.shapes[index])):
        same = np.fromiter(group, np.int64)
        step = max(BLOCK_BYTES // prepared.image(int(same[0])).size, 1)
        for start in range(0, len(same), step):
            yield same[start : start + step]


def added_image(images: Path, edit: Edit) -> np.ndarray:
    """(H, W, C) uint8: an image that was added. `Problem` where its file is gone or is another image."""
    path = images / f"{edit.digest}.png"
    try:
        with Image.open(io.BytesIO(path.read_bytes()), formats=["PNG"]) as picture:
            pixels = np.asarray(picture)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Problem(
            "An image that was added cannot be read ({reason}: {path}). Take it back in the list of edits, or bring "
            "the file back.",
            reason=reason(error),
            path=path,
        ) from error
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if image_digest(pixels) != edit.digest:
        raise Problem(
            "{path} is not the image that was added: it has changed. Take it back in the list of edits, and add it "
            "anew.",
            path=path,
        )
    return pixels
