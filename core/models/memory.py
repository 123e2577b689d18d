"""Whether a model and a batch of images fit into a machine's memory at all, found out before anything is queued."""

import os

import torch

from core import wording
from core.config import RunConfig
from core.errors import BadInput
from core.models.summary import Summary
from core.training.optimizers import OPTIMIZERS


def check(config: RunConfig, model: Summary, images: int, device: torch.device) -> None:
    """`BadInput` when even the least that a step needs is more than the whole machine has. What fits by this measure
    may still be too much beside other programs; a run says so itself."""
    has = memory_of(device)
    if has is None:
        return
    batch = min(config.training.batch_size, images)
    kept = OPTIMIZERS[config.optimizer.name].keeps(config.optimizer, model.learning)
    weights = 4 * (model.parameters + model.trainable + kept)  # themselves, their gradients, what is remembered of them
    passing = 2 * batch * model.outputs  # in bfloat16, the shortest form
    if weights > has:
        raise BadInput(
            f"the model has {wording.count(model.parameters)} parameters, and training them takes "
            f"{wording.size(weights)} of memory, but there are {wording.size(has)} here: choose a smaller model or "
            "data.size"
        )
    if weights + passing > has:
        raise BadInput(
            f"training.batch_size is {config.training.batch_size}; a step with {wording.count(batch)} images at once "
            f"takes at least {wording.size(weights + passing)} of memory, but there are {wording.size(has)} here: "
            "choose a smaller batch, model or data.size"
        )


def memory_of(device: torch.device) -> int | None:
    """Bytes that a device has in all; None where it does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
