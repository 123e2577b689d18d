"""Work on a trained run in a process of its own, which a page starts, watches and cancels. It imports no torch: the
process is the command line, and what it makes is found where it is kept, as by `predictions.find`."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from core.datasets.source import DataSource
from core.errors import Problem
from core.files import background_command
from core.files.paths import Workspace
from core.insight.image_map import By
from core.insight.other_data import part_of
from core.insight.predictions import FOLDER
from core.locale import _
from core.runs.store import Run

LOG_TAIL_BYTES = 8192  # bytes at the end of the log that are read for the progress
STOP_TIMEOUT_S = 5.0  # seconds to wait for a process to go
STEADY_S = 0.5  # seconds of work after which the time that is left can be told


class Job(Protocol):
    """A command about a run, and the file that its output goes to, which is its name, too."""

    @property
    def run(self) -> Run: ...
    @property
    def workspace(self) -> Workspace: ...
    @property
    def log(self) -> Path: ...
    @property
    def arguments(self) -> list[str]: ...


_at_work: dict[Path, "subprocess.Popen[bytes]"] = {}  # log → the process that this one started
_seen: dict[Path, tuple[float, int]] = {}  # log → when progress was first seen, and how far it was


@dataclass(frozen=True)
class EvaluationJob:
    """One checkpoint of a run, and the images to show it: a split, or another prepared set."""

    run: Run
    asked: str | DataSource
    which: str
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.run(self.run.id) / FOLDER / f"{self.which}.{part_name(self.asked)}.log"

    @property
    def arguments(self) -> list[str]:
        images = images_asked(self.asked)
        return ["evaluate", self.run.id, *images, "--checkpoint", self.which, "--features", "--json", "--progress"]


def part_name(asked: str | DataSource) -> str:
    """What the part is called in the names of files."""
    return asked if isinstance(asked, str) else part_of(asked)


def images_asked(asked: str | DataSource) -> list[str]:
    """The options of a command that ask for these images."""
    if isinstance(asked, str):
        return ["--split", asked]
    version = ["--version", asked.version] if asked.version else []
    if asked.is_folder:
        return ["--data", str(asked.place), "--layout", asked.layout, *version]
    return ["--data", asked.name, *version]


@dataclass(frozen=True)
class MapJob:
    """The t-SNE map of a part of which the answers are kept."""

    run: Run
    asked: str | DataSource
    which: str
    by: By
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.run(self.run.id) / FOLDER / f"{self.which}.{part_name(self.asked)}.{self.by}.map.log"

    @property
    def arguments(self) -> list[str]:
        how = ["--by", self.by, "--method", "tsne", "--checkpoint", self.which, "--json", "--progress"]
        return ["map", self.run.id, *images_asked(self.asked), *how]


@dataclass(frozen=True)
class DisturbedJob:
    """The accuracy on disturbed images of a part."""

    run: Run
    asked: str | DataSource
    which: str
    kind: str  # of disturbance
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.run(self.run.id) / FOLDER / f"{self.which}.{part_name(self.asked)}.{self.kind}.log"

    @property
    def arguments(self) -> list[str]:
        how = ["--under", self.kind, "--checkpoint", self.which, "--json", "--progress"]
        return ["evaluate", self.run.id, *images_asked(self.asked), *how]


@dataclass(frozen=True)
class JobStatus:
    """Where it stands. `error` is a sentence, if it failed."""

    state: Literal["absent", "running", "done", "failed"]
    done: int = 0  # images
    total: int = 0  # 0: not known yet
    seconds_left: float | None = None
    error: str = ""


def start(job: Job) -> bool:
    """Begin, unless it is at work already. There is one at a time: False where another one is at work."""
    if any(child.poll() is None for log, child in _at_work.items() if log != job.log):
        return False
    if status(job).state == "running":
        return True
    _seen.pop(job.log, None)
    try:
        _at_work[job.log] = background_command.start(job.arguments, job.log, job.workspace)
    except OSError as error:
        raise Problem(
            "The work could not be started ({strerror}): check the space and the permissions of {home}, then try "
            "again.",
            strerror=error.strerror,
            home=job.workspace.home,
        ) from error
    return True


def status(job: Job) -> JobStatus:
    """Cheap enough to be read several times a second."""
    child = _at_work.get(job.log)
    if child is None:  # it was never started, or by another server
        return JobStatus("absent")
    running = child.poll() is None
    reports, words = background_command.read(job.log, LOG_TAIL_BYTES)
    if not running and child.returncode == 0:
        return JobStatus("done")
    if running:
        last = next((report for report in reversed(reports) if "done" in report), {"done": 0, "total": 0})
        done, total = int(last["done"]), int(last["total"])
        return JobStatus("running", done, total, seconds_left(job.log, done, total))
    if not words or any(line.startswith("Traceback") for line in words):
        words = [_("The work stopped unexpectedly; see {log}, or try again.", log=job.log)]
    return JobStatus("failed", error=words[-1])


def cancel(job: Job) -> None:
    """End it; what was kept before stays."""
    if child := _at_work.pop(job.log, None):
        background_command.stop(child, STOP_TIMEOUT_S)
    job.log.unlink(missing_ok=True)


def seconds_left(log: Path, done: int, total: int) -> float | None:
    """From what was seen since the first image: importing PyTorch comes before it."""
    if not done:
        return None
    now = time.monotonic()
    since, before = _seen.setdefault(log, (now, done))
    fresh = done - before
    return (now - since) * (total - done) / fresh if fresh > 0 and now - since >= STEADY_S else None
