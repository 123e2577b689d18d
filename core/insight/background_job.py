"""Work in processes beside the page, which it starts, watches and cancels: each is a command of the command line. No
torch is imported here, and what the command makes is found where it is kept."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from core.errors import Problem
from core.files import background_command
from core.files.paths import Workspace
from core.locale.messages import sentence
from core.runs.locks import is_locked

LOG_TAIL_BYTES = 8192  # bytes at the end of the log that are read for the progress
STOP_TIMEOUT_S = 5.0  # seconds to wait for a process to go
STEADY_S = 0.5  # seconds of work after which the time that is left can be told


class Job(Protocol):
    """A command, and the file that its output goes to, which is its name, too."""

    @property
    def workspace(self) -> Workspace: ...
    @property
    def log(self) -> Path: ...
    @property
    def arguments(self) -> list[str]: ...


@dataclass(frozen=True)
class JobStatus:
    """Where it stands. `error` is a sentence, if it failed."""

    state: Literal["absent", "running", "done", "failed"]
    done: int = 0  # images
    total: int = 0  # 0: not known yet
    seconds_left: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Jobs:
    """Jobs of one kind. A job holds a lock while it works, so that another server, or this one after it was killed,
    sees it and does not do it twice. The two texts, marked with `N_`, say that a process could not be started
    (`{strerror}`, `{home}`), and that one ended without a word (`{log}`)."""

    not_started: str
    ended: str
    at_work: dict[Path, "subprocess.Popen[bytes]"] = field(default_factory=dict)  # log → process
    elsewhere: set[Path] = field(default_factory=set)  # logs of jobs that another server was seen to work at
    seen: dict[Path, tuple[str, float, int]] = field(
        default_factory=dict
    )  # log → stage, when it was seen first, how far

    def start(self, job: Job) -> None:
        """Begin, unless it is at work already. `Problem` where no process can be made."""
        if self.status(job).state == "running":
            return
        self.seen.pop(job.log, None)
        self.elsewhere.discard(job.log)
        held = None
        try:
            held = background_command.claim(lock_of(job))
            if held is not None:
                child = background_command.start(job.arguments, job.log, job.workspace, held=[held])
                self.at_work[job.log] = child
                os.ftruncate(held, 0)
                os.write(held, str(child.pid).encode())
        except OSError as error:
            raise Problem(self.not_started, strerror=error.strerror, home=job.workspace.home) from error
        finally:
            if held is not None:
                os.close(held)  # the command holds it on

    def others_at_work(self, job: Job) -> bool:
        """Whether another job is at work."""
        return any(child.poll() is None for log, child in self.at_work.items() if log != job.log)

    def status(self, job: Job) -> JobStatus:
        """Cheap enough to be read several times a second."""
        child = self.at_work.get(job.log)
        if child is None:
            if not is_locked(lock_of(job)):
                return JobStatus("done" if job.log in self.elsewhere else "absent")
            self.elsewhere.add(job.log)
        running = child is None or child.poll() is None
        reports, words = background_command.read(job.log, LOG_TAIL_BYTES)
        if child and not running and child.returncode == 0:
            return JobStatus("done")
        if running:
            last = next((report for report in reversed(reports) if "done" in report), {"done": 0, "total": 0})
            done, total = int(last["done"]), int(last["total"])
            return JobStatus("running", done, total, self.seconds_left(job, str(last.get("stage", "")), done, total))
        if not words or any(line.startswith("Traceback") for line in words):
            words = [sentence(self.ended, {"log": job.log})]
        return JobStatus("failed", error=words[-1])

    def cancel(self, job: Job) -> None:
        """End it, whoever began it; what was kept before stays."""
        self.elsewhere.discard(job.log)
        if child := self.at_work.pop(job.log, None):
            background_command.stop(child, STOP_TIMEOUT_S)
        elif is_locked(lock := lock_of(job)):
            with suppress(OSError, ValueError):
                os.kill(int(lock.read_text()), signal.SIGTERM)
        job.log.unlink(missing_ok=True)

    def seconds_left(self, job: Job, stage: str, done: int, total: int) -> float | None:
        """From what was seen since the first image of a stage: importing PyTorch comes before it."""
        if not done:
            return None
        now = time.monotonic()
        if self.seen.get(job.log, ("",))[0] != stage:
            self.seen.pop(job.log, None)
        _stage, since, before = self.seen.setdefault(job.log, (stage, now, done))
        fresh = done - before
        return (now - since) * (total - done) / fresh if fresh > 0 and now - since >= STEADY_S else None


def lock_of(job: Job) -> Path:
    """Held by the command while it works; it has the number of its process in it."""
    return job.log.with_suffix(".lock")
