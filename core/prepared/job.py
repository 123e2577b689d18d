"""Preparing in the background: a process of its own, which a page starts, watches and cancels."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import Timeout

from core.datasets.progress import PrepareProgress
from core.datasets.source import DataSource
from core.errors import Problem
from core.files import background_command
from core.files.paths import Workspace
from core.locale import _
from core.prepared.cache_entry import CacheEntry
from core.prepared.prepare import find

START_TIMEOUT_S = 15.0  # seconds that a process may take before its first output
STOP_TIMEOUT_S = 5.0  # seconds to wait for a process to go
LOG_TAIL_BYTES = 8192  # bytes at the end of the log that are read for the progress

_children: dict[Path, subprocess.Popen[bytes]] = {}  # log → the process that this one started
_seen: dict[Path, tuple[str, float, int]] = {}  # log → (stage, when it was first seen, how far it was)


@dataclass(frozen=True)
class JobStatus:
    """The state of a preparation. `error` is one sentence, present only if it failed."""

    state: Literal["ready", "running", "failed", "absent"]
    progress: PrepareProgress | None = None
    seconds_left: float | None = None  # of this stage, estimated from what was seen between two calls
    error: str = ""


def start(source: DataSource, workspace: Workspace) -> None:
    """Start preparing in a process that continues after this one; does nothing if one is at work already."""
    slot = CacheEntry(source, workspace)
    if _alive(slot):
        return
    own = [*(["--path", str(source.place)] if source.is_folder else []), *source.options]
    _seen.pop(slot.log, None)
    try:
        _children[slot.log] = background_command.start(["prepare", source.name, *own, "--json"], slot.log, workspace)
    except OSError as error:
        raise Problem(
            "Preparing {title:name} could not be started ({strerror}): check the space and the permissions of "
            "{home}, then try again.",
            title=source.title,
            strerror=error.strerror,
            home=workspace.home,
        ) from error


def status(source: DataSource, workspace: Workspace) -> JobStatus:
    """The state of the preparation; cheap enough to be read several times a second."""
    slot = CacheEntry(source, workspace)
    alive = _alive(slot)
    reports, words = background_command.read(slot.log, LOG_TAIL_BYTES)
    if alive:
        progress = next((_progress(one) for one in reversed(reports) if "stage" in one), None)
        return JobStatus("running", progress, _seconds_left(slot.log, progress))
    prepared = find(source, workspace)
    done = bool(reports) and "ready" in reports[-1]
    if not slot.log.exists() or done or (prepared and _newer(prepared.folder, slot.log)):
        return JobStatus("ready" if prepared else "absent")
    if not words or any(line.startswith("Traceback") for line in words):
        words = [
            _("Preparing {title:name} stopped unexpectedly; see {log}, or try again.", title=source.title, log=slot.log)
        ]
    return JobStatus("failed", error=words[-1])


def cancel(source: DataSource, workspace: Workspace) -> None:
    """Stop preparing and remove what it has left. What was prepared before stays."""
    slot = CacheEntry(source, workspace)
    child = _children.pop(slot.log, None)
    if child and child.poll() is None:
        background_command.stop(child, STOP_TIMEOUT_S)
    elif _alive(slot):
        slot.cancel.touch()
    if not workspace.cache.exists():
        return
    try:
        with slot.lock().acquire(timeout=STOP_TIMEOUT_S):
            slot.clean()
            slot.log.unlink(missing_ok=True)
    except Timeout as error:
        raise Problem(
            "{title:name} is still being prepared; it will stop at its next step.", title=source.title
        ) from error


def _alive(slot: CacheEntry) -> bool:
    """Whether some process is preparing: our child, another one that holds the lock, or one that is only starting."""
    if not slot.workspace.cache.exists():
        return False
    child = _children.get(slot.log)
    if child and child.poll() is None:
        return True
    lock = slot.lock()
    try:
        lock.acquire(timeout=0.02, poll_interval=0.01)  # another page may be checking at this moment
    except Timeout:
        return True
    lock.release()
    if child or not slot.log.exists():
        return False
    log = slot.log.stat()
    return log.st_size == 0 and time.time() - log.st_mtime < START_TIMEOUT_S


def _progress(report: dict[str, Any]) -> PrepareProgress | None:
    try:
        return PrepareProgress(str(report["stage"]), int(report["done"]), int(report["total"]), str(report["unit"]))
    except (KeyError, TypeError, ValueError):
        return None


def _seconds_left(log: Path, progress: PrepareProgress | None) -> float | None:
    if progress is None or not progress.total:
        return None
    now = time.monotonic()
    stage, since, before = _seen.setdefault(log, (progress.stage, now, progress.done))
    if stage != progress.stage:
        _seen[log] = (progress.stage, now, progress.done)
        return None
    done = progress.done - before
    return (now - since) * (progress.total - progress.done) / done if done > 0 and now - since >= 0.5 else None


def _newer(folder: Path, log: Path) -> bool:
    return (folder / "meta.json").stat().st_mtime >= log.stat().st_mtime
