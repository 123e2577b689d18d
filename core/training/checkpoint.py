"""Checkpoints on disk: written whole or not at all, and read without running anything that is in them."""

import io
import platform
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from core import __version__
from core.errors import Problem
from core.files.atomic import link, remove, write
from core.files.checkpoint_names import BEST as BEST
from core.files.checkpoint_names import LAST as LAST
from core.files.checkpoint_names import START as START
from core.files.checkpoint_names import attempts_at, epoch_name, names_in, own_path, remove_earlier
from core.files.checkpoint_names import checkpoint_path as checkpoint_path  # callers import it from here
from core.prepared.arrays import Prepared
from core.training.device import device_name, out_of_memory
from core.training.settings import RunSettings
from core.training.state import TrainState


def snapshot(config: RunSettings, prepared: Prepared, state: TrainState) -> dict[str, Any]:
    """All that is needed to go on from here, and to check that it fits: plain values and tensors."""
    return {
        **state.state_dict(),
        "config": config.to_dict(),
        "fingerprint": prepared.meta.fingerprint,
        "stat_digest": prepared.stat_digest(),
        "meta": prepared.meta.model_dump_json(),
        "versions": versions(),
        "device": device_name(state.device),
    }


@cache
def versions() -> dict[str, str]:
    """Of what computes, by its name."""
    return {"torch": str(torch.__version__), "torchvision": version("torchvision"),
            "python": platform.python_version(), "epochlab": __version__}  # fmt: skip


def save(values: dict[str, Any], path: Path) -> None:
    """Write a checkpoint: to memory, to a temporary file, to the disk, and only then under its name.

    `torch.save` to a full disk leaves half a file and no errno; a crash at any moment leaves the old checkpoint
    or the new one. Raises `Unwritable` when the disk refuses; the old checkpoint is then untouched.
    """
    buffer = io.BytesIO()
    torch.save(values, buffer)
    write(buffer.getbuffer(), path)


def save_last(values: dict[str, Any], folder: Path, attempt: int = 1) -> None:
    """Write a run's last checkpoint, as this attempt at it."""
    save(values, own_path(folder, LAST, attempt))
    remove_earlier(folder, attempt)


def keep_best(folder: Path, attempt: int = 1) -> None:
    """Make the last checkpoint the best one, too: a second name of the same file, which stays when the last one is
    written anew."""
    link(own_path(folder, LAST, attempt), own_path(folder, BEST, attempt))


def keep_epoch(folder: Path, epoch: int, attempt: int = 1) -> None:
    """Keep the last checkpoint as that of the epoch which has just ended, in the same way."""
    link(own_path(folder, LAST, attempt), own_path(folder, epoch_name(epoch), attempt))


def sweep(folder: Path) -> None:
    """Remove the unfinished checkpoints of a process that was killed while it wrote, and what a fork began from once it
    has a checkpoint of its own. Only for the run's worker."""
    for unfinished in folder.glob(".*.pt.*"):  # as `beside` names them
        remove(unfinished)
    if checkpoint_path(folder, LAST).exists():
        remove(own_path(folder, START))


def load_last(folder: Path) -> tuple[dict[str, Any], Path] | None:
    """What the last checkpoint holds, and its path: the newest that can be read, of those that attempts have left. None
    where there is none, `Problem` where none can be read."""
    paths = [own_path(folder, LAST, attempt) for attempt in attempts_at(names_in(folder), LAST)]
    for path in paths:
        try:
            return load(path), path
        except Problem:
            if path == paths[-1]:
                raise
    return None


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint. `Problem` if it is not there or not complete."""
    try:
        with zipfile.ZipFile(path) as whole:
            if whole.testzip():  # torch does not look at the checksums
                raise damaged(path)
        values: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise Problem(
            "There is no checkpoint at {path}. A run writes its last one after the first epoch; a fork has no best one "
            "where its best epoch came before the fork and was not kept.",
            path=path,
        ) from error
    except Exception as error:
        raise damaged(path) from error
    if not isinstance(values, dict):
        raise damaged(path)
    return values


def damaged(path: Path) -> Problem:
    return Problem(
        "The checkpoint {path} cannot be read: it is damaged, an extension that it needs is not installed, or another "
        "version wrote it. Start the run again.",
        path=path,
    )


@contextmanager
def reading_checkpoint(path: Path) -> Iterator[None]:
    """A context for code that trusts a checkpoint's values: `Problem` if they are not what they should be."""
    try:
        yield
    except (Problem, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        if out_of_memory(error):
            raise
        raise damaged(path) from error
