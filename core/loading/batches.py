"""Batches: indices → what the model sees. The data set is one mapped array, a batch is a slice of it, and the
order of an epoch is a function of (seed, epoch), so a run can be resumed in the middle of one."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.loading.augment import Augmentation
from core.loading.augmentations import AugmentSettings
from core.loading.input_spec import InputSpec
from core.loading.pixels import Pixels
from core.loading.randomness import SCHEME
from core.loading.split import Parts
from core.prepared.arrays import Prepared

# Small batches are made several at once, up to this many bytes of floats: a step of a small net takes less time
# than the dozen tensor operations that make one batch.
BLOCK_BYTES = 8 * 2**20


class Batches:
    """One split of a data set, in batches.

    The last batch of an epoch may be smaller. A last batch of a single image joins the one before it: batch norm
    cannot take the spread of one value.
    """

    def __init__(
        self, pixels: Pixels, indices: np.ndarray, batch_size: int, *, shuffle: bool = False, seed: int = 0,
        augment: AugmentSettings | None = None,
    ) -> None:  # fmt: skip
        self.pixels, self.indices, self.batch_size = pixels, indices, batch_size
        self.shuffle, self.seed = shuffle, seed
        self.augmentation = Augmentation(augment, seed) if augment else None
        self.labels = np.asarray(pixels.prepared.labels)
        cuts = list(range(0, len(indices), batch_size))
        if len(cuts) > 1 and len(indices) - cuts[-1] == 1:
            cuts.pop()
        self.cuts = [*cuts, len(indices)]

    def __len__(self) -> int:
        """Steps in an epoch."""
        return len(self.cuts) - 1

    @property
    def images(self) -> int:
        """Images in an epoch."""
        return len(self.indices)

    @property
    def classes(self) -> int:
        """Classes of the data set, whether or not all of them occur here."""
        return len(self.pixels.prepared.meta.classes)

    def order(self, epoch: int) -> np.ndarray:
        """The indices in the order in which this epoch shows them."""
        if not self.shuffle:
            return self.indices
        return np.random.default_rng([self.seed, epoch]).permutation(self.indices)

    def epoch(self, epoch: int = 0, start: int = 0, scheme: int = SCHEME) -> Iterator[tuple[Tensor, Tensor]]:
        """(images (N, C, H, W) float32, labels (N,) int64) from step `start` of this epoch on. Where images are mixed
        with one another, the labels are shares (N, classes) float32. `scheme`: of the random numbers."""
        order = self.order(epoch)
        floats = self.batch_size * self.pixels.spec.channels * self.pixels.spec.size[0] * self.pixels.spec.size[1]
        block = max(1, BLOCK_BYTES // (4 * floats))
        # Blocks begin at multiples of their length also when resumed, so that every batch is made in the same way.
        for first in range(start - start % block, len(self), block):
            cuts = self.cuts[first : first + block + 1]
            indices = order[cuts[0] : cuts[-1]]
            images = self.make(indices, epoch, scheme)
            labels = torch.from_numpy(self.labels[indices].astype(np.int64)).to(self.pixels.device)
            for step in range(max(first, start), first + len(cuts) - 1):
                piece = slice(self.cuts[step] - cuts[0], self.cuts[step + 1] - cuts[0])
                yield self.mixed(images[piece], labels[piece], indices[piece], epoch, step, scheme)

    def make(self, indices: np.ndarray, epoch: int, scheme: int) -> Tensor:
        """The images as this epoch shows them, each by itself."""
        if self.augmentation is None or not self.augmentation.changes_images:
            return self.pixels.clean(indices)
        return self.pixels.augmented(self.augmentation.of(indices, epoch, scheme))

    def mixed(
        self, images: Tensor, labels: Tensor, indices: np.ndarray, epoch: int, step: int, scheme: int
    ) -> tuple[Tensor, Tensor]:
        """The batch of a step, its images mixed with one another where the settings say so."""
        if self.augmentation is None:
            return images, labels
        return self.augmentation.mixed(images, labels, self.classes, indices, epoch, step, scheme)


@dataclass(frozen=True)
class RunData:
    """The three parts of a data set, as one run uses them."""

    prepared: Prepared
    parts: Parts
    spec: InputSpec
    train: Batches
    val: Batches
    test: Batches


def evaluation_batch(spec: InputSpec) -> int:
    """Images in a batch for evaluation: about a million values, enough to keep every core busy."""
    return max(8, min(1000, 2**20 // (spec.channels * spec.size[0] * spec.size[1])))
