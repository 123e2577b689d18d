"""What a run answered to each image of a split: the likeliest class alone."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

ARRAYS = ("indices", "labels", "predicted")


@dataclass(frozen=True)
class ImageAnswers:
    """One entry an image, in the order of the split. Classes are places in the data set's list of them."""

    indices: NDArray[np.int64]  # (N,) into the prepared set
    labels: NDArray[np.int64]  # (N,) the true classes
    predicted: NDArray[np.int64]  # (N,) the likeliest classes
    fingerprint: str  # of the prepared set

    @property
    def images(self) -> tuple[str, bytes]:
        """What is the same where the same images were answered in the same order."""
        return self.fingerprint, self.indices.tobytes()

    @property
    def right(self) -> NDArray[np.bool_]:
        """(N,) whether the likeliest class is the true one."""
        return np.asarray(self.labels == self.predicted)

    def confusion(self, classes: int) -> NDArray[np.int64]:
        """(classes, classes): `[i, j]` counts images of class i that were taken for class j."""
        pairs = np.bincount(self.labels * classes + self.predicted, minlength=classes**2)
        return np.asarray(pairs, np.int64).reshape(classes, classes)


def read_answers(file: Path, version: str) -> ImageAnswers | None:
    """What an earlier version of this program kept for that version of a checkpoint, beside it; None where there is
    nothing, or it cannot be read."""
    try:
        with np.load(file) as kept:
            if not version or str(kept["version"]) != version:
                return None
            indices, labels, predicted = (np.asarray(kept[name], np.int64) for name in ARRAYS)
            return ImageAnswers(indices, labels, predicted, str(kept["fingerprint"]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
