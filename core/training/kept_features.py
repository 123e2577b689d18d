"""The features of a frozen backbone: computed once for each image, kept beside the prepared data, and learned from
instead of the images. What a run then does is the same, to float noise; it takes a second where it took minutes."""

import hashlib
import os
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core.files import atomic
from core.loading.batches import Batches, RunData
from core.loading.pixels import Pixels
from core.training.device import autocast
from core.training.evaluate import PROGRESS_INTERVAL_S
from core.training.events import Evaluating
from core.training.state import TrainState

MAX_BYTES = 2**29  # of all features of a set: they are held in memory while they are computed
FLOAT_BYTES = 4
KEPT_FILES = 4  # of a set, those used last: other sizes, weights or limits each have one of their own


class Features(Pixels):
    """What a frozen backbone made of each image, in place of the images: (N, …) float32."""

    def __init__(self, pixels: Pixels, rows: np.ndarray, features: np.ndarray) -> None:
        self.prepared, self.spec, self.device = pixels.prepared, pixels.spec, pixels.device
        self.pool = None
        self.rows, self.features = rows, features  # indices into the set, rising; and what belongs to each

    def clean(self, indices: np.ndarray) -> Tensor:
        chosen = self.features[np.searchsorted(self.rows, indices)]
        return torch.from_numpy(np.ascontiguousarray(chosen)).to(self.device)


@dataclass(frozen=True)
class FrozenPart:
    """What of a run can be kept: the layers whose weights stay, the images that they see, and the shape of what they
    make of one."""

    backbone: nn.Sequential
    rows: np.ndarray  # indices into the set, rising
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return FLOAT_BYTES * len(self.rows) * int(np.prod(self.shape))


def frozen_part(data: RunData, state: TrainState) -> FrozenPart | None:
    """None where nothing can be kept: no layer is frozen, or the images or their mixtures are new in every epoch."""
    augmented = data.train.augmentation is not None and bool(data.train.augmentation.entries)
    if augmented or next(state.frozen.parameters(), None) is None:
        return None
    rows = np.unique(np.concatenate([data.parts.train, data.parts.val, data.parts.test]))
    return FrozenPart(state.frozen, rows, tuple(feature_shape(state.frozen, data.train.pixels, rows[:1])))


def keep_features(data: RunData, state: TrainState) -> Iterator[Evaluating | RunData]:
    """Where a backbone is frozen, have the run learn from its features: yields how many images are done, then the data
    to train on, and gives `state` the rest of the network. Raises `Unwritable` when the disk refuses them."""
    part = frozen_part(data, state)
    if part is None or part.bytes > MAX_BYTES:
        yield data
        return
    path = data.prepared.folder / f"features-{key(part, data, state.precision)}.npy"
    features = read(path, (len(part.rows), *part.shape))
    if features is None:
        features = yield from compute(part, data, state)
        atomic.write_array(features, path)
        remove_oldest(path.parent)
    yield learning_from(data, state, part, features)


def learning_from(data: RunData, state: TrainState, part: FrozenPart, features: np.ndarray) -> RunData:
    """The data of a run with features in place of its images; `state` gets the rest of the network."""
    state.network = state.learning
    kept = Features(data.train.pixels, part.rows, features)
    return replace(data, train=on(data.train, kept), val=on(data.val, kept), test=on(data.test, kept))


def blank_features(data: RunData, state: TrainState) -> RunData:
    """The same with zeros, where a backbone is frozen and time alone counts."""
    part = frozen_part(data, state)
    if part is None or part.bytes > MAX_BYTES:
        return data
    return learning_from(data, state, part, np.zeros((len(part.rows), *part.shape), np.float32))


def with_features(data: RunData, state: TrainState) -> RunData:
    """The same for a caller that has nobody to tell the progress to."""
    for event in keep_features(data, state):
        if isinstance(event, RunData):
            return event
    raise AssertionError("the data come last")


def on(batches: Batches, kept: Features) -> Batches:
    """The same images in the same order, as features."""
    return Batches(kept, batches.indices, batches.batch_size, shuffle=batches.shuffle, seed=batches.seed)


def feature_shape(backbone: nn.Module, pixels: Pixels, row: np.ndarray) -> torch.Size:
    with torch.inference_mode():
        shape: torch.Size = backbone(pixels.clean(row)).shape[1:]
    return shape


def key(part: FrozenPart, data: RunData, precision: str) -> str:
    """A name that says what they were made of: the layers, their weights, the images and how they are prepared."""
    made_of = (part.backbone, data.spec, data.prepared.meta.fingerprint, precision)
    digest = hashlib.blake2b(repr(made_of).encode(), digest_size=10)
    digest.update(part.rows.tobytes())
    for tensor in part.backbone.state_dict().values():
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def read(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """What was kept; None if it is not there, or not whole."""
    try:
        features: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    with suppress(OSError):
        os.utime(path)  # used last
    return features if features.shape == shape and features.dtype == np.float32 else None


def remove_oldest(folder: Path) -> None:
    """Remove the features of a set that were not used for longest. A run that has mapped them keeps them."""
    with suppress(OSError):  # another process does the same
        for path in sorted(folder.glob("features-*.npy"), key=lambda path: path.stat().st_mtime_ns)[:-KEPT_FILES]:
            atomic.remove(path)


def compute(part: FrozenPart, data: RunData, state: TrainState) -> Generator[Evaluating, None, np.ndarray]:
    """The features of all rows, a batch after the other."""
    rows = part.rows
    features = np.empty((len(rows), *part.shape), np.float32)
    began = time.perf_counter()
    size = data.val.batch_size
    for first in range(0, len(rows), size):
        chosen = rows[first : first + size]
        with torch.inference_mode(), autocast(state.precision, state.device):
            features[first : first + size] = part.backbone(data.train.pixels.clean(chosen)).float().cpu().numpy()
        if time.perf_counter() - began >= PROGRESS_INTERVAL_S:
            began = time.perf_counter()
            yield Evaluating(first + len(chosen), len(rows))
    return features
