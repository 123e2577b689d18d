"""What a checkpoint answered to each image of a part, with all its scores: computed once, kept with the run, and mapped
by whoever reads it, so that a set of any size takes little memory."""

import glob
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from core.errors import Unwritable, reason
from core.files import atomic
from core.insight.image_answers import ImageAnswers

FOLDER = "predictions"  # in the folder of a run
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
    folder, name = checkpoint.with_name(FOLDER), f"{checkpoint.stem}.{part}.{version}."
    for file in folder.glob(f"{glob.escape(name)}*.npy") if version else ():
        with suppress(OSError, ValueError, EOFError):
            rows: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
            if rows.dtype.names == ("index", "label", "logits") and rows.ndim == 1:
                return Predictions(rows, file.name.removeprefix(name).removesuffix(".npy"))
    return None


class Writer:
    """Keeps predictions as they come. At the end of the block they replace those of an earlier version; a block that
    is left by an error leaves nothing. Raises `Unwritable` when the disk refuses."""

    def __init__(self, checkpoint: Path, part: str, version: str, answered: ImageAnswers, classes: int) -> None:
        self.file = checkpoint.with_name(FOLDER) / f"{checkpoint.stem}.{part}.{version}.{answered.fingerprint}.npy"
        self.older = f"{glob.escape(f'{checkpoint.stem}.{part}.')}*.npy"
        self.temporary = atomic.beside(self.file)
        self.answered, self.type, self.done = answered, row_type(classes), 0

    def __enter__(self) -> "Writer":
        with self.refused():
            self.file.parent.mkdir(exist_ok=True)
            self.stream = self.temporary.open("wb")
            header = {"descr": np.lib.format.dtype_to_descr(self.type), "fortran_order": False,
                      "shape": self.answered.labels.shape}  # fmt: skip
            np.lib.format.write_array_header_1_0(self.stream, header)
        return self

    def add(self, logits: NDArray[np.float32]) -> None:
        """The scores of the next images, (n, classes); the likeliest classes become the answers."""
        place = slice(self.done, self.done + len(logits))
        rows = np.empty(len(logits), self.type)
        rows["index"], rows["label"] = self.answered.indices[place], self.answered.labels[place]
        rows["logits"] = logits
        self.answered.predicted[place] = logits.argmax(1)
        self.done += len(logits)
        with self.refused():
            self.stream.write(rows.tobytes())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                with self.refused():
                    self.publish()
        finally:
            self.stream.close()
            atomic.remove(self.temporary)

    def publish(self) -> None:
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        try:
            os.replace(self.temporary, self.file)
        except FileNotFoundError:  # the run was deleted meanwhile
            return
        atomic.sync_folder(self.file.parent)
        for old in self.file.parent.glob(self.older):
            if old != self.file:
                atomic.remove(old)

    @contextmanager
    def refused(self) -> Iterator[None]:
        """A context that makes a sentence of what the disk says."""
        try:
            yield
        except OSError as error:
            raise Unwritable(
                "{path} could not be written: {reason}. Free some space or change the folder's permissions, then go "
                "on.",
                path=self.file,
                reason=reason(error),
            ) from error
