"""A prepared data set: plain arrays on disk, memory-mapped, and what is known about them."""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import AliasChoices, Field, TypeAdapter, ValidationError, field_validator

from core.datasets.copies import Copies, digest_of
from core.datasets.edits import Edited
from core.datasets.folder_layout import FolderLayout
from core.errors import Problem
from core.locale import ngettext
from core.sandbox.levels import Levels
from core.sanitize import listed
from core.settings.fields import Settings

HEADER = 128  # bytes before the first pixel in `images.npy`
FINGERPRINT = 16  # bytes
PIECE = 1 << 22  # bytes read at once


def fingerprint_of(
    pixels: "hashlib.blake2b", labels: np.ndarray, shapes: np.ndarray, classes: Sequence[str], splits: dict[str, int]
) -> str:
    """The fingerprint: hex, of all pixels (hashed already), labels (N,), shapes (N, 2), classes and splits."""
    for content in (labels, shapes):
        pixels.update(np.ascontiguousarray(content, "<i8").tobytes())
    pixels.update(json.dumps([list(classes), splits]).encode())
    return pixels.hexdigest()


class Meta(Settings):
    """What `meta.json` says about a prepared data set."""

    # Of the way in which images are prepared: what has another one is prepared anew.
    format: Literal[1] = 1
    name: str
    path: str | None  # the image folder or ZIP, resolved; None for a built-in
    layout: FolderLayout = "auto"  # how the folder was read
    columns: str = ""  # of its table, where a person chose them
    version: str = ""  # the name of a version that a person's edits made; "" for the set as it came
    edited: Edited | None = None  # what it was made from
    title: str
    classes: tuple[str, ...]
    channels: int  # 1 grey, 3 RGB
    size: tuple[int, int] | None  # (H, W) in pixels; None: images of different sizes
    splits: dict[str, int]  # images by split, in the order in which they are stored: train, val, test
    class_counts: dict[str, tuple[int, ...]]  # split → images of each class
    mean: tuple[float, ...]  # by channel over the training split, 0–1
    std: tuple[float, ...]
    fingerprint: str  # hex, of images, labels, classes and splits: the same content has the same fingerprint
    source: str  # where it came from, in words
    # Identifies the state of the source when it was read; empty for a built-in. The first version wrote `stamp`.
    source_version: str = Field(validation_alias=AliasChoices("source_version", "stamp"))
    drawable: bool  # a drawing on a canvas makes sense
    flips: bool  # a mirrored image keeps its class
    # By channel, the level of the even ground of drawings, which fills what they lack of a model's shape; None: images
    # are cut to that shape, as all were by earlier versions.
    ground: tuple[int, ...] | None = None
    # What became black and white, of images with more than 8 bits; None: there are none.
    levels: Levels | None = Field(default=None, validation_alias=AliasChoices("levels", "white"))
    skipped: tuple[tuple[str, str], ...] = ()  # (file, reason) of what could not be read, the first thousand
    unlisted: int = 0  # how many more
    collapsed: int = 0  # images that have hardly any grey levels
    moving: int = 0  # images that are the first picture of an animation
    pixel_bytes: int  # of all images together
    copies: Copies | None = None  # None: prepared by a version that did not count them

    @field_validator("levels", mode="before")
    @classmethod
    def _read_levels(cls, kept: Any) -> Any:
        """Earlier versions kept the level that became white, of whole levels."""
        if isinstance(kept, int):
            return Levels(whole=(0.0, float(kept)))
        if isinstance(kept, dict):
            return TypeAdapter(Levels).validate_json(json.dumps(kept))
        return kept

    @field_validator("version", mode="before")
    @classmethod
    def _no_name(cls, kept: Any) -> Any:
        """Earlier versions of this program called the format `version`, and had no versions of a set."""
        return "" if kept == 1 else kept

    @property
    def count(self) -> int:
        """Images in all splits together."""
        return sum(self.splits.values())

    @property
    def warning(self) -> str:
        """What is wrong with the images as they were brought to 8 bits, in the reader's words; "" if nothing is."""
        if not self.collapsed:
            return ""
        return ngettext(
            "{n:count} image has hardly any grey levels left: the values in its file lie too close together beside the "
            "largest one of the set, or of such files. Spread them over 0–255, save as PNG, and import it again.",
            "{n:count} images have hardly any grey levels left: the values in their files lie too close together "
            "beside the largest one of the set, or of such files. Spread them over 0–255, save as PNG, and import them "
            "again.",
            self.collapsed,
        )

    @property
    def animations(self) -> str:
        """That files are animations, in the reader's words; "" if none is."""
        if not self.moving:
            return ""
        return ngettext(
            "{n:count} file is an animation: its first picture was taken. Save its other pictures as files of their "
            "own if these are to be learnt, too.",
            "{n:count} files are animations: the first picture of each was taken. Save their other pictures as files "
            "of their own if these are to be learnt, too.",
            self.moving,
        )

    @property
    def untested(self) -> str:
        """That classes have no image to be measured on, in the reader's words; "" if each has one."""
        counts = self.class_counts.get("test") or self.class_counts.get("val") or ()
        missing = [name for name, count in zip(self.classes, counts, strict=False) if not count]
        if not missing:
            return ""
        return ngettext(
            "{n:count} class has no test image ({names}): no score says how well it is told from the others.",
            "{n:count} classes have no test image ({names}): no score says how well they are told from the others.",
            len(missing),
            names=listed(missing),
        )

    @property
    def warnings(self) -> list[str]:
        """All that a person should know of the images before they are learnt, in sentences of the reader's."""
        copies = self.copies
        return [words for words in (self.warning, self.animations, self.untested, copies and copies.across_words,
                                    copies and copies.class_words) if words]  # fmt: skip

    @property
    def left_out(self) -> int:
        """Files that could not be read."""
        return len(self.skipped) + self.unlisted


class Prepared:
    """The images and labels in one folder of the cache. Opening reads nothing; arrays are mapped when first used.

    A file that is missing or damaged raises Problem when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def meta(self) -> Meta:
        try:
            return Meta.model_validate_json((self.folder / "meta.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise self._damaged("meta.json") from error

    def as_begun(self, meta: Meta) -> "Prepared":
        """The same images, brought to a model's shape as a run with this description of them began."""
        begun = Prepared(self.folder)
        begun.meta = self.meta.model_copy(update={"ground": meta.ground})
        return begun

    @property
    def uniform(self) -> bool:
        """Whether all images have one size, so that `array` holds them."""
        return self.meta.size is not None

    @cached_property
    def labels(self) -> np.ndarray:
        """(N,) int64, read-only."""
        return self._map("labels.npy", (self.meta.count,))

    @cached_property
    def array(self) -> np.ndarray:
        """All images of a uniform set: (N, H, W, C) uint8, memory-mapped, read-only."""
        if self.meta.size is None:
            raise ValueError(f"the images of {self.meta.title} have different sizes: take them one by one")
        return self._map("images.npy", (self.meta.count, *self.meta.size, self.meta.channels))

    def image(self, index: int) -> np.ndarray:
        """One image: (H, W, C) uint8, memory-mapped, read-only."""
        if self.uniform:
            image: np.ndarray = self.array[index]
            return image
        height, width = self.shapes[index]
        start = self._offsets[index]
        return self._pixels[start : self._offsets[index + 1]].reshape(height, width, self.meta.channels)

    @cached_property
    def shapes(self) -> np.ndarray:
        """(N, 2): height and width of every image in pixels."""
        if self.meta.size is not None:
            return np.broadcast_to(np.array(self.meta.size), (self.meta.count, 2))
        return self._map("shapes.npy", (self.meta.count, 2))

    @cached_property
    def copies(self) -> np.ndarray | None:
        """(N,) int64: for each image the index of the first one with the same pixels; None if that is not known."""
        return None if self.meta.copies is None else self._map("copies.npy", (self.meta.count,))

    @cached_property
    def origin(self) -> np.ndarray:
        """(N,) int64: where each image is in the set as it came; −1 for one that was added."""
        return self._map("origin.npy", (self.meta.count,)) if self.meta.edited else np.arange(self.meta.count)

    @cached_property
    def files(self) -> list[str]:
        """The name of each image's file in its folder or ZIP; empty where images have none, and where they were
        prepared by a version that did not keep them."""
        try:
            names = (self.folder / "files.txt").read_text("utf-8").split("\n")[:-1]
        except (OSError, ValueError):
            return []
        return names if len(names) == self.meta.count else []

    def file(self, index: int) -> str:
        """The name of the file of one image; "" where it is not known."""
        return self.files[index] if self.files else ""

    def indices(self, split: str) -> np.ndarray:
        """Where the images of a split are, ascending; empty if the set has no such split."""
        start = 0
        for name, count in self.meta.splits.items():
            if name == split:
                return np.arange(start, start + count)
            start += count
        return np.arange(0)

    def address(self, index: int) -> tuple[str, int]:
        """The split of an image, and its number there."""
        for split, count in self.meta.splits.items():
            if index < count:
                return split, int(index)
            index -= count
        raise ValueError(f"{self.meta.title} has no image {index}")

    def stat_digest(self) -> str:
        """A text that changes when one of its files is replaced or written to, made of the files' metadata: quick
        enough to be computed after every epoch. Raises Problem when a file is gone."""
        digest = hashlib.blake2b(self.meta.fingerprint.encode(), digest_size=16)
        more = [*([] if self.uniform else ["shapes.npy"]), *([] if self.meta.copies is None else ["copies.npy"])]
        more += ["origin.npy"] if self.meta.edited else []
        for name in ("meta.json", "images.npy", "labels.npy", *more):
            try:
                status = (self.folder / name).stat()
            except OSError as error:
                raise self._damaged(name) from error
            # ctime, too: a program can set the modification time of a file back.
            told = (name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            digest.update(repr(told).encode())
        return digest.hexdigest()

    def measured_fingerprint(self) -> str:
        """The fingerprint of what the files hold now, computed anew: a second for some hundred megabytes."""
        with (self.folder / "images.npy").open("rb") as file:
            file.seek(HEADER)
            digest = hashlib.blake2b(digest_size=FINGERPRINT)
            while piece := file.read(PIECE):
                digest.update(piece)
        return fingerprint_of(digest, self.labels, self.shapes, self.meta.classes, self.meta.splits)

    def require_whole(self) -> None:
        """`Problem` unless the files hold what was prepared."""
        if self.measured_fingerprint() != self.meta.fingerprint:
            raise self._damaged("images.npy")
        if self.copies is not None and self.meta.copies and digest_of(self.copies) != self.meta.copies.digest:
            raise self._damaged("copies.npy")

    @cached_property
    def _pixels(self) -> np.ndarray:
        return self._map("images.npy", (self.meta.pixel_bytes,))

    @cached_property
    def _offsets(self) -> np.ndarray:
        sizes = self.shapes.prod(axis=1, dtype=np.int64) * self.meta.channels
        return np.concatenate([[0], np.cumsum(sizes)])

    def _map(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        try:
            array: np.ndarray = np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise self._damaged(name) from error
        if array.shape != shape:
            raise self._damaged(name)
        return array

    def _damaged(self, name: str) -> Problem:
        return Problem(
            "The prepared data in {folder} are missing or damaged ({name}): prepare the data set again.",
            folder=self.folder,
            name=name,
        )
