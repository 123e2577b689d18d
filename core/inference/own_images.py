"""Pictures of which a person said what they are where a model was wrong: a small test set for all models of that data
set, and training images of its next version. They are a collection like any other."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from core.datasets.class_names import class_places
from core.datasets.edits import image_digest
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.importing.collection import Collection, collections, correcting
from core.inference import photo
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.arrays import Meta
from core.prepared.draft import Draft
from core.prepared.drawable import is_drawable
from core.prepared.versions import edits_of
from core.sandbox.image_files import SHORT_SIDE, cropped

if TYPE_CHECKING:
    from core.inference.predictor import Predictor


class OwnImage(NamedTuple):
    """One of them."""

    label: str  # the folder of its class
    file: Path
    pixels: np.ndarray  # (H, W, 1 or 3) uint8, in the form of the data set's images


class OwnScore(NamedTuple):
    """How a model does on them. Those that it learned from, and those of classes that it does not know, count
    neither as right nor as wrong."""

    right: int
    total: int
    learned: int
    unknown: int


def keep(
    image: np.ndarray, label: str, source: DataSource, workspace: Workspace, original: tuple[bytes, str] | None = None
) -> bool:
    """Keep an image (H, W, 1 or 3) uint8, as a model of the set was shown it, under its right class; whether it is new.
    `original` is the file that it came in, and its ending. The set has to be prepared."""
    meta = prepare.require(source.base, workspace).meta
    title = translate(source.base.title)
    drawn = is_drawable(source, workspace)
    words = _("My drawings of {title}", title=title) if drawn else _("My images of {title}", title=title)
    found = correcting(source, workspace, words)
    return found.add_image(label, in_form(image, meta), original) is not None


def of_set(source: DataSource, workspace: Workspace) -> Collection | None:
    """The collection of those of a data set, if there is one with an image."""
    return next((one for one in collections(workspace) if one.corrects == source.base and one.counts), None)


def read(collection: Collection) -> list[OwnImage]:
    """All of them, the oldest of a class first; files that give no image are left out."""
    found = []
    for label, files in collection.files.items():
        for file in files:
            with suppress(Problem):
                found.append(OwnImage(label, file, photo.read_image(file, file.name)))
    return found


def score(model: "Predictor", images: Sequence[OwnImage], workspace: Workspace) -> OwnScore:
    """Ask a model for all of them."""
    places = class_places(model.classes)
    trained_on = digests_learned(DataSource.of(model.config.data), workspace)
    known = [one for one in images if one.label in places]
    fresh = [one for one in known if image_digest(in_form(one.pixels, model.meta)) not in trained_on]
    answers = model.predict([one.pixels for one in fresh]).argmax(1)
    right = int((answers == [places[one.label] for one in fresh]).sum()) if fresh else 0
    return OwnScore(right, len(fresh), len(known) - len(fresh), len(images) - len(known))


def digests_learned(source: DataSource, workspace: Workspace) -> set[str]:
    """What identifies the images that a version of a set has among its training images beside those of the set."""
    if not source.version:
        return set()
    with suppress(Problem):  # the version is gone
        return {edit.digest for edit in edits_of(source, workspace) if edit.action == "add" and edit.split == "train"}
    return set()


def add_to_training(collection: Collection, images: Sequence[OwnImage], workspace: Workspace) -> int:
    """Put them into the list of edits of the set that they correct, as training images of its next version. Returns
    how many are new there."""
    source = collection.corrects
    if source is None:
        raise ValueError(f"{collection.folder} corrects no data set")
    prepared = prepare.require(source, workspace)
    meta, draft, new = prepared.meta, Draft(source, prepared, workspace), 0
    places = class_places(meta.classes)
    for label in dict.fromkeys(one.label for one in images):
        name = meta.classes[places[label]] if label in places else label
        new += draft.add([in_form(one.pixels, meta) for one in images if one.label == label], name, "train")
    return new


def in_form(image: np.ndarray, meta: Meta) -> np.ndarray:
    """An image (H, W, 1 or 3) uint8 with the channels of a data set's images and, where these have one, their size:
    its middle, or all of it on the common ground of drawings. Where they have many sizes it is brought down as these
    are."""
    grey = meta.channels == 1
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    picture = picture.convert("L" if grey else "RGB")
    if meta.size is None:
        picture = Image.fromarray(cropped(np.asarray(picture).reshape(*picture.size[::-1], -1)).squeeze())
        if min(picture.size) > SHORT_SIDE:
            width, height = (SHORT_SIDE * side // min(picture.size) for side in picture.size)
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    elif image.shape[:2] != meta.size:
        picture = _to_size(picture, meta)
    return np.asarray(picture).reshape(*picture.size[::-1], meta.channels)


def _to_size(picture: Image.Image, meta: Meta) -> Image.Image:
    assert meta.size
    height, width = meta.size
    sides = height / picture.height, width / picture.width
    scale = max(sides) if meta.ground is None else min(sides)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    scaled = picture.resize(size, Image.Resampling.BILINEAR)
    left, top = (scaled.width - width) // 2, (scaled.height - height) // 2
    if meta.ground is None:
        return scaled.crop((left, top, left + width, top + height))
    full = Image.new(picture.mode, (width, height), meta.ground[0] if picture.mode == "L" else meta.ground)
    full.paste(scaled, (-left, -top))
    return full
