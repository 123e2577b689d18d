"""Whether a model and a batch of images fit into a machine's memory at all, found out before anything is queued; and
how much a process has used."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.summary import Summary
from core.training.optimizers import OPTIMIZERS
from core.training.settings import RunSettings

if TYPE_CHECKING:
    from core.training.state import TrainState


def check(config: RunSettings, model: Summary, images: int, device: torch.device) -> None:
    """`BadInput` when even the least that a step needs is more than the whole machine has. What fits by this measure
    may still be too much beside other programs; a run says so itself."""
    has = memory_of(device)
    if has is None:
        return
    batch = min(config.training.batch_size, images)
    kept = OPTIMIZERS[config.optimizer.name].state_size(config.optimizer, model.learning)
    weights = 4 * (model.parameters + model.trainable + kept)  # themselves, their gradients, what is remembered of them
    passing = 2 * batch * model.outputs  # in bfloat16, the shortest form
    if weights > has:
        raise BadInput(
            "the model has {parameters:count} parameters, and training them takes {weights:size} of memory, "
            "but there are {has:size} here: choose a smaller model or {setting}",
            parameters=model.parameters,
            weights=weights,
            has=has,
            setting=SettingName("data.size"),
        )
    if weights + passing > has:
        raise BadInput(
            "{setting} is {batch_size}; a step with {batch:count} images at once takes at least "
            "{weights:size} of memory, but there are {has:size} here: choose a smaller batch, model or "
            "{size}",
            batch_size=config.training.batch_size,
            batch=batch,
            weights=weights + passing,
            has=has,
            setting=SettingName("training.batch_size"),
            size=SettingName("data.size"),
        )


def memory_of(device: torch.device) -> int | None:
    """Bytes that a device has in all; None where that is unknown."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def peak(device: torch.device) -> int | None:
    """Bytes that this process has used at most: of a GPU its tensors there, of a processor all that is resident,
    PyTorch itself included. None where the system does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:  # not getrusage: on Linux a child begins with its parent's peak
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def bytes_of(state: "TrainState") -> int:
    """Of the tensors of a model and of what its optimizer remembers: what a checkpoint takes."""
    tensors = list(state.model.state_dict().values())
    for values in state.optimizer.state_dict()["state"].values():
        tensors += [value for value in values.values() if isinstance(value, torch.Tensor)]
    return sum(tensor.nbytes for tensor in tensors)
