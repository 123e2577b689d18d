"""What a checkpoint answered to each image of a part, with all its scores: computed once, kept with the run, and mapped
by whoever reads it, so that a set of any size takes little memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.files.checkpoint_names import which_of
from core.insight.image_answers import ImageAnswers
from core.insight.row_file import RowWriter, find_rows

FOLDER = "answers"  # in the folder of a run
CHUNK_VALUES = 2**20  # scores that are read at once: 4 MB


def row_type(classes: int) -> np.dtype:
    """One image: its place in the prepared set, its true class, and a score for every class."""
    return np.dtype([("index", "<i4"), ("label", "<i4"), ("logits", "<f4", (classes,))])


@dataclass(frozen=True)
class Predictions:
    """One row an image, in the order of the part. Classes are places in the model's list of them."""

    rows: np.ndarray  # (N,) of `row_type`, mapped
    fingerprint: str  # of the prepared set that the images are in

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def classes(self) -> int:
        return int(self.rows.dtype["logits"].shape[0])

    @cached_property
    def indices(self) -> NDArray[np.int64]:
        """(N,) into the prepared set."""
        return self.rows["index"].astype(np.int64)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """(N,) the true classes."""
        return self.rows["label"].astype(np.int64)

    def chunks(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """The scores, (n, classes) logits or log-probabilities, some images at a time, and which these are."""
        step = max(1, CHUNK_VALUES // self.classes)
        for first in range(0, len(self), step):
            place = slice(first, first + step)
            yield place, self.rows["logits"][place]

    @cached_property
    def answers(self) -> ImageAnswers:
        """The likeliest classes alone."""
        predicted = np.zeros(len(self), np.int64)
        for place, logits in self.chunks():
            predicted[place] = logits.argmax(1)
        return ImageAnswers(self.indices, self.labels, predicted, self.fingerprint)


def probabilities(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """(N, classes) logits or log-probabilities → probabilities, by softmax of the logits over the temperature."""
    return np.asarray(np.exp(log_probabilities(logits, temperature)))


def log_probabilities(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """The logarithms of these, which are finite where a probability is too small for a number."""
    scaled = np.asarray(logits, np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))


def find(checkpoint: Path, part: str, version: str) -> Predictions | None:
    """What a version of a checkpoint answered on a part; None where that is not kept, or not whole."""
    found = find_rows(checkpoint.with_name(FOLDER), f"{which_of(checkpoint)}.{part}", version)
    return Predictions(*found) if found and found[0].dtype.names == ("index", "label", "logits") else None


class Writer(RowWriter):
    """Keeps predictions as they come."""

    def __init__(self, checkpoint: Path, part: str, version: str, answered: ImageAnswers, classes: int) -> None:
        folder, name = checkpoint.with_name(FOLDER), f"{which_of(checkpoint)}.{part}"
        super().__init__(folder, name, version, answered.fingerprint, len(answered.labels))
        self.answered, self.row, self.done = answered, row_type(classes), 0

    def add(self, logits: NDArray[np.float32]) -> None:
        """The scores of the next images, (n, classes); the likeliest classes become the answers."""
        place = slice(self.done, self.done + len(logits))
        rows = np.empty(len(logits), self.row)
        rows["index"], rows["label"] = self.answered.indices[place], self.answered.labels[place]
        rows["logits"] = logits
        self.answered.predicted[place] = logits.argmax(1)
        self.done += len(logits)
        self.write(rows)
