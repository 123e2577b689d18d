"""Images that are there more than once: the same decoded pixels, whatever their files are called."""

import hashlib
from collections.abc import Mapping

import numpy as np

from core.locale import ngettext
from core.settings.fields import Settings


class Copies(Settings):
    """How many images of a data set are copies of others."""

    repeated: int  # images that have an earlier one with the same pixels
    across_splits: int  # images of val and test that are among the training images, too
    two_classes: int  # images of which the same pixels stand under another class, too
    digest: str  # hex, of the file that says which: a damaged one would change a run's split

    @classmethod
    def counted(cls, first: np.ndarray, labels: np.ndarray, splits: Mapping[str, int]) -> "Copies":
        """`first` and `labels` are (N,), see `first_of_copies`; `splits` has the images by split, train first."""
        training = np.zeros(len(first), bool)
        training[: splits.get("train", 0)] = True
        return cls(
            repeated=int((first != np.arange(len(first))).sum()),
            across_splits=int((~training & training[first]).sum()),
            two_classes=int(in_two_classes(first, labels).sum()),
            digest=digest_of(first),
        )

    @property
    def repeated_words(self) -> str:
        """That images are there more than once, in the reader's words; "" if none are."""
        if not self.repeated:
            return ""
        return ngettext(
            "{n:count} image has the same pixels as an earlier one. A split that is made here keeps them together.",
            "{n:count} images have the same pixels as an earlier one. A split that is made here keeps them together.",
            self.repeated,
        )

    @property
    def across_words(self) -> str:
        """What copies on both sides of a split do to a score, in the reader's words; "" if there are none."""
        if not self.across_splits:
            return ""
        return ngettext(
            "{n:count} image of the validation and test images is among the training images, too, pixel by pixel: a "
            "score on it says little about new images.",
            "{n:count} of the validation and test images are among the training images, too, pixel by pixel: a score "
            "on them says little about new images.",
            self.across_splits,
        )

    @property
    def class_words(self) -> str:
        """That the same pixels stand under two classes, in the reader's words; "" if none do."""
        if not self.two_classes:
            return ""
        return ngettext(
            "{n:count} image has a copy in another class: one of the two labels is wrong, or an image belongs to both.",
            "{n:count} images have a copy in another class: one of the labels is wrong, or an image belongs to both.",
            self.two_classes,
        )


def pixel_digest(image: np.ndarray) -> int:
    """64 bits of a hash of an image (H, W, C): of a million images, two different ones agree once in 30 million
    times."""
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(image).data)
    return int.from_bytes(digest.digest(), "little")


def first_of_copies(digests: list[int]) -> np.ndarray:
    """(N,) int64: for each image the index of the first one with the same pixels, which may be its own."""
    _, first, which = np.unique(np.array(digests, np.uint64), return_index=True, return_inverse=True)
    copies: np.ndarray = first[which].astype(np.int64)
    return copies


def in_two_classes(first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) bool: whether the same pixels stand under another class, too. `first` and `labels` are (N,)."""
    lowest, highest = labels.copy(), labels.copy()
    np.minimum.at(lowest, first, labels)
    np.maximum.at(highest, first, labels)
    found: np.ndarray = lowest[first] != highest[first]
    return found


def digest_of(first: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(first, "<i8").tobytes(), digest_size=8).hexdigest()
