"""What a run answered to every image of the measured part after each epoch: the likeliest class alone. A file beside
its checkpoints has a record an epoch; it is for looking only, and nothing depends on it. It imports no torch.

An image is learned in the first epoch after which it is classified correctly, and forgotten in one after which it no
longer is (Toneva et al. 2019, arXiv:1812.05159, count this over the steps on training images).
"""

import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from core.errors import Unwritable
from core.files import atomic

FILE = "epoch-answers.bin"
MAX_IMAGES = 20_000  # of a part whose answers are kept: 40 kB an epoch
MAX_BYTES = 2**26  # of a file; later epochs are left out
HEADER = struct.Struct("<8sII")  # what the file is, the number of images, a checksum of their places in the data set
KIND = b"EPOCHS-1"


@dataclass(frozen=True)
class AnswerHistory:
    """The likeliest class of each image after each epoch (0: untrained)."""

    epochs: tuple[int, ...]  # (E,) ascending
    answers: NDArray[np.uint16]  # (E, N), in the order of the part

    def right(self, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(E, N) whether each was classified correctly, by their true classes (N,)."""
        return np.asarray(self.answers == labels)

    def times_forgotten(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) after how many of the epochs each was wrong that had been right one before."""
        right = self.right(labels)
        return np.asarray((right[:-1] & ~right[1:]).sum(0))

    def turns(self, place: int, label: int) -> list[tuple[int, bool]]:
        """Of one image the epochs after which it was right for the first time since the one before, or wrong: what it
        knew untrained is learned in epoch 0."""
        found, known = [], False
        for epoch, answer in zip(self.epochs, self.answers[:, place], strict=True):
            if (answer == label) != known:
                known = not known
                found.append((epoch, known))
        return found


class HistoryRecorder:
    """Writes it down for the images (N,), by their places in the data set. A disk that accepts no writes is no reason
    to stop."""

    def __init__(self, folder: Path, images: NDArray[np.int64]) -> None:
        self.path, self.images = folder / FILE, images

    def record(self, epoch: int, answers: NDArray[np.int64]) -> None:
        """The answers (N,) after an epoch."""
        if len(self.images) > MAX_IMAGES or len(answers) != len(self.images):
            return
        with suppress(OSError), self.path.open("ab") as file:
            if not file.tell():
                file.write(header(self.images))
            if file.tell() < MAX_BYTES:
                file.write(record(epoch, answers))

    def forget_after(self, epoch: int) -> None:
        """Leave out what was answered after `epoch`, and half a record: a resumed run answers again."""
        with suppress(Unwritable):
            copy(self.path, self.path, epoch)


def header(images: NDArray[np.int64]) -> bytes:
    return HEADER.pack(KIND, len(images), crc32(np.ascontiguousarray(images, "<i8").tobytes()))


def record_type(count: int) -> np.dtype:
    return np.dtype([("epoch", "<u4"), ("answers", "<u2", (count,)), ("checksum", "<u4")])


def record(epoch: int, answers: NDArray[np.integer]) -> bytes:
    content = struct.pack("<I", epoch) + np.ascontiguousarray(answers, "<u2").tobytes()
    return content + struct.pack("<I", crc32(content))


def rows(content: bytes) -> np.ndarray:
    """The whole records in a file's content; none where it is another file."""
    if len(content) < HEADER.size:
        return np.zeros(0, record_type(0))
    kind, count, _images = HEADER.unpack_from(content)
    kept = record_type(count)
    if kind != KIND:
        return np.zeros(0, record_type(0))
    whole = (len(content) - HEADER.size) // kept.itemsize
    found: np.ndarray = np.frombuffer(content, kept, whole, HEADER.size)
    sound = [one for one in range(whole) if crc32(found[one].tobytes()[:-4]) == found["checksum"][one]]
    return found[sound]


def copy(source: Path, target: Path, epoch: int) -> None:
    """Write what was answered up to an epoch to another file, or anew to the same; nothing where there is nothing.
    Raises `Unwritable` when the disk refuses."""
    try:
        content = source.read_bytes()
    except OSError:
        return
    found = rows(content)
    atomic.write(content[: HEADER.size] + found[found["epoch"] <= epoch].tobytes() if len(found) else b"", target)


def read(folder: Path, images: NDArray[np.int64]) -> AnswerHistory | None:
    """The history of these images in the folder of a run; None where none was kept of just these."""
    try:
        content = (folder / FILE).read_bytes()
    except OSError:
        return None
    found = rows(content)
    if not len(found) or not content.startswith(header(images)):
        return None
    last = {int(epoch): place for place, epoch in enumerate(found["epoch"])}  # of one that is there twice
    epochs = tuple(sorted(last))
    return AnswerHistory(epochs, found["answers"][[last[epoch] for epoch in epochs]])
