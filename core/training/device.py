"""What computes, how precisely, and with how many threads. Units are detected, never assumed."""

import os
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from core.errors import BadInput
from core.locale.messages import SettingName
from core.training.settings import RunSettings

# Multiply-adds of a step (forward pass of one batch) below which it is over before a second thread has woken up or a
# conversion to bfloat16 has paid.
SMALL_STEP = 10_000_000

# In which answers are given, whatever a run trained in: an export knows no autocast, heat maps need gradients that are
# not rounded, and one image with the same weights has one probability on every page, on every computer and in every
# batch. A run measures itself in the precision that it trains in, which takes about half the time in bfloat16; there
# an image or two of ten thousand may be counted otherwise.
ANSWERS = "float32"

# Words in errors about too little memory for which torch has no exception class: the processor's, Apple's, a library's.
SAID_WITHOUT_MEMORY = ("DefaultCPUAllocator", "bad_alloc", "out of memory", "ALLOC_FAILED")


def available_devices() -> list[str]:
    """Names of the devices of this machine, best first; the processor is always there."""
    found = ["cuda"] * torch.cuda.is_available() + ["mps"] * torch.backends.mps.is_available()
    return [*found, "cpu"]


def choose_device(name: str) -> torch.device:
    """`auto` takes the best there is; anything else must be there, or `BadInput` says what is."""
    have = available_devices()
    if name != "auto" and name not in have:
        raise BadInput(
            "{setting} is {name!r}, which this machine does not have; allowed: auto, {names}",
            name=name,
            names=", ".join(have),
            setting=SettingName("training.device"),
        )
    return torch.device(have[0] if name == "auto" else name)


def device_name(device: torch.device) -> str:
    """What a run writes down of it: `cpu`, `cuda (NVIDIA H200)`."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


def out_of_memory(error: Exception) -> bool:
    """Whether this came because there was not enough memory."""
    if isinstance(error, RuntimeError):
        return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in SAID_WITHOUT_MEMORY)
    return isinstance(error, MemoryError)


def has_bfloat16_units(device: torch.device) -> bool:
    """Whether the chip multiplies bfloat16 in hardware; without, it is emulated and slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        able = torch.cpu.get_capabilities()
        return bool(able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16"))
    return False


def choose_precision(config: RunSettings, device: torch.device, model: nn.Module, work: int) -> str:
    """`float32` or `bfloat16`. Automatic takes bfloat16 where the chip has units for it, the model has convolutions
    wide enough to use them, and a step of `work` multiply-adds is long enough to pay for the conversions.

    Not for convolutions in groups on a processor, as of MobileNet and EfficientNet: a step takes 1.4 to 1.7 times as
    long there (2 cores of Zen 4), and on maps smaller than their windows the gradients were seen to hold random
    content of the memory. `BadInput` where bfloat16 is asked for there."""
    asked = config.training.precision
    grouped = any(isinstance(m, nn.Conv2d) and m.groups > 1 for m in model.modules()) and device.type == "cpu"
    if grouped and asked == "bfloat16":
        raise BadInput(
            "{setting} is 'bfloat16', in which a processor computes this model's depthwise convolutions "
            "slowly and not reliably; allowed: auto, float32",
            setting=SettingName("training.precision"),
        )
    if asked != "auto":
        return asked
    if grouped:
        return "float32"
    wide = any(isinstance(m, nn.Conv2d) and m.in_channels * m.out_channels >= 512 for m in model.modules())
    return "bfloat16" if wide and work >= SMALL_STEP and has_bfloat16_units(device) else "float32"


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """The context in which the forward pass runs."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def choose_threads(work: int) -> int:
    """Threads for steps of `work` multiply-adds (forward pass of one batch). A run records it: bits depend on it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if work < SMALL_STEP else cores
