"""The search for suspects in a process of its own, which a page starts, watches and cancels: the command line's
`suspects`. What it finds is read with `Suspects.open`."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.datasets.source import DataSource
from core.errors import Problem
from core.files import background_command
from core.files.paths import Workspace
from core.insight.evaluation_job import LOG_TAIL_BYTES, STOP_TIMEOUT_S, JobStatus, seconds_left
from core.insight.suspects import Kind
from core.locale import _
from core.prepared.cache_entry import CacheEntry
from core.runs.store import Run

_at_work: dict[Path, "subprocess.Popen[bytes]"] = {}  # log → the process that this one started


@dataclass(frozen=True)
class SuspectsJob:
    """What is searched for, in which set, and by what the images are compared."""

    source: DataSource
    kind: Kind
    run: Run | None
    workspace: Workspace

    @property
    def log(self) -> Path:
        by = f"-{self.run.id}" if self.run else ""
        return CacheEntry(self.source, self.workspace).folder / f"suspects-{self.kind}{by}.log"

    @property
    def arguments(self) -> list[str]:
        source = self.source
        place = ["--path", str(source.place), "--layout", source.layout] if source.is_folder else []
        version = ["--version", source.version] if source.version else []
        run = ["--run", self.run.id] if self.run else []
        return ["suspects", source.name, *place, *version, "--kind", self.kind, *run, "--most", "0", "--json",
                "--progress"]  # fmt: skip


def start(job: SuspectsJob) -> None:
    """Begin, unless it is at work already. `Problem` where no process can be made."""
    if status(job).state == "running":
        return
    try:
        _at_work[job.log] = background_command.start(job.arguments, job.log, job.workspace)
    except OSError as error:
        raise Problem(
            "The search could not be started ({strerror}): check the space and the permissions of {home}, then try "
            "again.",
            strerror=error.strerror,
            home=job.workspace.home,
        ) from error


def status(job: SuspectsJob) -> JobStatus:
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
        words = [_("The search stopped unexpectedly; see {log}, or try again.", log=job.log)]
    return JobStatus("failed", error=words[-1])


def cancel(job: SuspectsJob) -> None:
    """End it; nothing of it stays."""
    if child := _at_work.pop(job.log, None):
        background_command.stop(child, STOP_TIMEOUT_S)
    job.log.unlink(missing_ok=True)
