"""Local processes: one a run, started when it is needed, alive as long as it holds its lock."""

import math
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from core.errors import Problem, Unwritable, reason
from core.files.paths import Workspace
from core.program import ROOT
from core.runs.files import RunFiles
from core.runs.locks import is_locked

START_INTERVAL_S = 10.0  # from starting a worker until, if none is there then, another is started
NO_WORKER = (
    "The process that trains ended as soon as it was started. Its last output is in {log}; if it names a missing "
    "package, install the requirements again."
)
NOT_STARTED = (
    "No process that trains could be started ({reason}). Check that {folder} can be written to, and that the computer "
    "has memory left."
)


class LocalProcesses:
    """An `Executor` on this computer. At most one worker waits for work; a run's worker holds the run's lock."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.files = workspace, RunFiles(workspace)
        self.last_start = -math.inf  # monotonic seconds: when a worker was last asked for here
        self.worker: subprocess.Popen[bytes] | None = None  # the last one started from here

    def start_worker(self, idle: float = 0.0) -> None:
        """Make sure that a worker waits for work. It leaves when the queue has been empty for `idle` seconds; a warm
        spare (idle > 0) saves the next run the 2–3 s that importing torch takes."""
        self.last_start = time.monotonic()
        if is_locked(self.spare_lock):
            return
        self.worker = self.start(["--idle", str(idle)], subprocess.DEVNULL)

    def start(self, arguments: list[str], stdin: int) -> "subprocess.Popen[bytes]":
        """Start a worker. `Unwritable` where that cannot be done."""
        try:
            self.workspace.workers.mkdir(parents=True, exist_ok=True)
            with open(self.log, "ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "core.runs.worker", *arguments],
                    stdin=stdin, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True, cwd=ROOT, env={**os.environ, **self.workspace.variables},
                )  # fmt: skip
        except OSError as error:
            raise Unwritable(NOT_STARTED, reason=reason(error), folder=self.workspace.workers) from error

    def ensure_worker(self) -> None:
        if time.monotonic() - self.last_start > START_INTERVAL_S:
            with suppress(Unwritable):
                self.start_worker()

    def is_alive(self, run_id: str) -> bool:
        return is_locked(self.files.lock(run_id))

    def problem(self) -> str:
        """Why the worker that was started last has ended before it took a run; "" if it has not."""
        if self.worker is None or not self.worker.poll():
            return ""
        return str(Problem(NO_WORKER, log=self.log))

    @property
    def log(self) -> Path:
        """What workers print before they have a run."""
        return self.workspace.workers / "workers.log"

    @property
    def spare_lock(self) -> Path:
        """Held by the one worker that waits for the next run."""
        return self.workspace.workers / "spare.lock"

    def device_lock(self, device: str) -> Path:
        """Held by the run that trains on this device."""
        return self.workspace.workers / f"device-{device.replace(':', '-')}.lock"
