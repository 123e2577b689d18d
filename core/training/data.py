"""The data of a run: a prepared set, split and turned into batches as its settings say."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from core.loading.batches import Batches, RunData, evaluation_batch
from core.loading.pixels import Pixels, unscaled
from core.loading.split import parts
from core.prepared.arrays import Prepared
from core.training.model import input_spec_of
from core.training.settings import RunSettings


def open_data(config: RunSettings, prepared: Prepared, device: torch.device) -> RunData:
    """Map a prepared data set and split it for this run."""
    spec = input_spec_of(config, prepared.meta)
    split = parts(prepared, config.data.validation, config.data.limit, config.training.seed)
    pixels = Pixels(prepared, spec, device)
    many = evaluation_batch(spec)
    train = Batches(
        pixels, split.train, config.training.batch_size,
        shuffle=config.data.shuffle, seed=config.training.seed, augment=config.augment,
    )  # fmt: skip
    return RunData(prepared, split, spec, train, Batches(pixels, split.val, many), Batches(pixels, split.test, many))


@dataclass(frozen=True)
class Preview:
    """A batch as the model will see it, and the same to look at."""

    indices: np.ndarray  # (N,) into the prepared data set
    labels: np.ndarray  # (N,)
    shares: np.ndarray | None  # (N, classes) where images are mixed with one another: what each has of each class
    inputs: np.ndarray  # (N, C, H, W) float32, as the model gets it
    shown: np.ndarray  # (N, H, W, C) uint8, the scaling undone


def preview(config: RunSettings, prepared: Prepared, count: int = 16, epoch: int = 1) -> Preview:
    """The first `count` training images of an epoch, resized, augmented and normalised as in training."""
    data = open_data(config, prepared, torch.device("cpu"))
    batches = list(islice(data.train.epoch(epoch), -(-count // config.training.batch_size)))
    inputs, targets = (torch.cat(parts)[:count] for parts in zip(*batches, strict=True))
    indices = data.train.order(epoch)[: len(inputs)]
    labels = np.asarray(prepared.labels)[indices]
    shares = targets.numpy() if targets.ndim > 1 else None
    return Preview(indices, labels, shares, inputs.numpy(), unscaled(inputs, data.spec))
