"""What the last layer of a checkpoint's network sees of each image of a part: its penultimate features, kept with the
run beside the answers that they led to. Reading them needs no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.files.checkpoint_names import which_of
from core.insight.image_answers import ImageAnswers
from core.insight.row_file import RowWriter, find_rows

FOLDER = "features"  # in the folder of a run
MAX_FEATURES = 512  # numbers of an image that are kept; more are projected to as many, which keeps distances nearly
MAX_IMAGES = 200_000  # of a part: 200 MB
CHUNK_VALUES = 2**22  # features that are read at once: 16 MB
LARGEST = 65_504.0  # of half precision
SEED = 0  # of the projection, so that those of two parts can be compared


@dataclass(frozen=True)
class PartFeatures:
    """One row an image, in the order of the part."""

    rows: np.ndarray  # (N,) of `row_type`, mapped
    fingerprint: str  # of the prepared set that the images are in

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def indices(self) -> NDArray[np.int64]:
        """(N,) into the prepared set."""
        return self.rows["index"].astype(np.int64)

    def chunks(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """The features (n, F), some images at a time, and which these are."""
        step = max(1, CHUNK_VALUES // self.rows.dtype["features"].shape[0])
        for first in range(0, len(self), step):
            place = slice(first, first + step)
            yield place, self.rows["features"][place].astype(np.float32)

    @cached_property
    def spread(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The mean and the standard deviation of each feature, (F,) each; 1 for one that never changes."""
        total = squares = np.zeros(self.rows.dtype["features"].shape[0])
        for _place, values in self.chunks():
            total = total + values.sum(0, dtype=np.float64)
            squares = squares + np.square(values, dtype=np.float64).sum(0)
        mean = total / max(1, len(self))
        deviation = np.sqrt(np.maximum(squares / max(1, len(self)) - mean**2, 0))
        steady = deviation <= 1e-6 * np.maximum(1, np.abs(mean))
        return mean.astype(np.float32), np.where(steady, 1, deviation).astype(np.float32)


def projection(width: int, kept: int) -> NDArray[np.float32]:
    """(width, kept): features times it are fewer, and lie nearly as far from one another (Johnson & Lindenstrauss
    1984). Always the same one."""
    return np.random.default_rng(SEED).normal(0, kept**-0.5, (width, kept)).astype(np.float32)


def row_type(features: int) -> np.dtype:
    """One image: its place in the prepared set, and its features in half precision."""
    return np.dtype([("index", "<i4"), ("features", "<f2", (features,))])


def find(checkpoint: Path, part: str, version: str) -> PartFeatures | None:
    """Those of a part by a version of a checkpoint; None where they are not kept, or not whole."""
    found = find_rows(checkpoint.with_name(FOLDER), f"{which_of(checkpoint)}.{part}", version)
    return PartFeatures(*found) if found and found[0].dtype.names == ("index", "features") else None


class FeatureWriter(RowWriter):
    """Keeps features as they come."""

    row = row_type(0)  # until the first of them are known
    projection: NDArray[np.float32] | None = None

    def __init__(self, checkpoint: Path, part: str, version: str, answered: ImageAnswers) -> None:
        folder, name = checkpoint.with_name(FOLDER), f"{which_of(checkpoint)}.{part}"
        super().__init__(folder, name, version, answered.fingerprint, len(answered.indices))
        self.indices, self.done = answered.indices, 0

    def add(self, features: NDArray[np.float32]) -> None:
        """Those of the next images, (n, width)."""
        width = features.shape[1]
        kept = min(width, MAX_FEATURES)
        self.row = row_type(kept)
        if kept < width and self.projection is None:
            self.projection = projection(width, kept)
        if self.projection is not None:
            features = features @ self.projection
        rows = np.empty(len(features), self.row)
        rows["index"] = self.indices[self.done : self.done + len(features)]
        rows["features"] = np.clip(features, -LARGEST, LARGEST)
        self.done += len(features)
        self.write(rows)
