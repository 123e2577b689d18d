"""Images that are nearly the same: their grey levels differ little on average, and little beside what is in them. All
pairs of a set are compared, exactly and without comparing most of them pixel by pixel."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.progress import PrepareProgress
from core.insight.small_images import small_images
from core.locale import N_
from core.prepared.arrays import Prepared

MAX_DIFFERENCE = 6.0  # of 255 grey levels, the mean over all pixels
MAX_SHARE = 0.1  # of an image's contrast: two thin strokes on an even ground differ little whatever they are
SIDE = 32  # pixels that larger images are compared at
COARSE, FINE = 4, 8  # blocks a side: first these means are compared, then those, then the pixels
BLOCK = 64  # images compared with the others at once: 36 MB with 70,000
CHUNK = 20_000  # pairs whose pixels are compared at once
MAX_PAIRS = 500_000  # those that differ least
SLACK = 1e-3  # grey levels, for rounding

Pairs = tuple[NDArray[np.int64], NDArray[np.float32]]  # (P, 2) the lower index first; (P,) mean difference


@dataclass(frozen=True)
class Compared:
    """The images in the order of one number, between which and that of a near copy there is less than the limit: the
    mean difference of two images is at least that of any sums of their pixels with signs (triangle inequality)."""

    order: NDArray[np.int64]  # (n,) into the set
    keys: NDArray[np.float64]  # (n,) rising
    coarse: NDArray[np.float64]  # (n, B) sums over blocks, divided by the count of all pixels
    fine: NDArray[np.float32]
    pixels: NDArray[np.uint8]  # (n, P)
    contrast: NDArray[np.float32]  # (n,) the mean distance of a pixel from the image's mean

    def near(self, first: int) -> Pairs:
        """The pairs of a block of images with themselves and all that come after."""
        last = min(first + BLOCK, len(self.keys))
        end = int(np.searchsorted(self.keys, self.keys[last - 1] + MAX_DIFFERENCE + SLACK))
        from scipy.spatial.distance import cdist

        distances = cdist(self.coarse[first:last], self.coarse[first:end], "cityblock")
        one, other = np.nonzero(distances < MAX_DIFFERENCE + SLACK)
        one, other = one[other > one] + first, other[other > one] + first
        found = [self.checked(one[at : at + CHUNK], other[at : at + CHUNK]) for at in range(0, len(one), CHUNK)]
        return joined(found)

    def checked(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> Pairs:
        """Those of some pairs that are near copies."""
        close = np.abs(self.fine[one] - self.fine[other]).sum(1) < MAX_DIFFERENCE + SLACK
        one, other = one[close], other[close]
        both = self.pixels[one], self.pixels[other]
        difference = (np.maximum(*both) - np.minimum(*both)).mean(1, dtype=np.float32)
        limit = np.minimum(MAX_DIFFERENCE, MAX_SHARE * np.minimum(self.contrast[one], self.contrast[other]))
        near = difference < limit
        pairs = np.stack([self.order[one[near]], self.order[other[near]]], 1)
        return np.sort(pairs, 1), difference[near]


def near_copies(prepared: Prepared) -> Generator[PrepareProgress, None, Pairs]:
    """All pairs of near copies, the most alike first, at most half a million. Of images with the same pixels, which
    `prepared.copies` tells, the first one alone is compared. Yields how far it is."""
    yield PrepareProgress(N_("comparing images"), 0, prepared.meta.count, "images")
    compared = prepare(prepared)
    starts, found = range(0, len(compared.order), BLOCK), joined([])
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    try:
        for first, pairs in zip(starts, pool.map(compared.near, starts), strict=True):
            if len(pairs[1]):
                found = least(joined([found, pairs]))
            yield PrepareProgress(N_("comparing images"), first, len(compared.order), "images")
    finally:
        pool.shutdown(cancel_futures=True)
    order = np.argsort(found[1], kind="stable")
    return found[0][order], found[1][order]


def prepare(prepared: Prepared) -> Compared:
    """What is compared of the images."""
    count = prepared.meta.count
    distinct = np.arange(count) if prepared.copies is None else np.unique(prepared.copies)
    images = small_images(prepared, distinct, SIDE)
    levels = images.shape[1] * images.shape[2]
    coarse = block_sums(images, COARSE).astype(np.float64) / levels
    centred = coarse - coarse.mean(0)
    main = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    # Signs along which the images differ much leave few that have to be compared.
    keys = max((coarse.sum(1), coarse @ np.where(main < 0, -1, 1)), key=np.std)
    order = np.argsort(keys, kind="stable")
    pixels = images.reshape(len(images), levels)[order]
    contrast = np.concatenate(
        [
            np.abs(some - some.mean(1, keepdims=True)).mean(1)
            for some in np.array_split(pixels, -(-len(pixels) // CHUNK))
        ]
    ).astype(np.float32)
    fine = (block_sums(images, FINE) / np.float32(levels))[order]
    return Compared(distinct[order], keys[order], coarse[order], fine, pixels, contrast)


def block_sums(images: NDArray[np.uint8], blocks: int) -> NDArray[np.float32]:
    """(n, h, w) → (n, at most blocks²): the sums over blocks."""
    found = np.add.reduceat(images, np.arange(0, images.shape[1], -(-images.shape[1] // blocks)), 1, np.float32)
    found = np.add.reduceat(found, np.arange(0, images.shape[2], -(-images.shape[2] // blocks)), 2)
    return found.reshape(len(images), -1)


def joined(pairs: list[Pairs]) -> Pairs:
    none = np.empty((0, 2), np.int64), np.empty(0, np.float32)
    return np.concatenate([none[0], *(one[0] for one in pairs)]), np.concatenate([none[1], *(one[1] for one in pairs)])


def least(pairs: Pairs) -> Pairs:
    """Those that differ least, where there are too many."""
    if len(pairs[1]) <= MAX_PAIRS:
        return pairs
    chosen = np.argpartition(pairs[1], MAX_PAIRS)[:MAX_PAIRS]
    return pairs[0][chosen], pairs[1][chosen]
