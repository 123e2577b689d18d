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
from core.runs.locks import held

WAKE_INTERVAL_S = 10.0  # from waking a worker until, if nobody is there then, another is woken
NO_WORKER = (
    "The process that trains ended as soon as it was started. Its last words are in {log}; if they name a missing "
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
        self.woken = -math.inf  # when a worker was last seen to, from here
        self.worker: subprocess.Popen[bytes] | None = None  # the last one that was woken from here

    def wake(self, idle: float = 0.0) -> None:
        """Make sure that a worker waits for work. It leaves when the queue has been empty for `idle` seconds; a warm
        spare (idle > 0) spares the next run the 2–3 s that importing torch takes."""
        self.woken = time.monotonic()
        if held(self.spare_lock):
            return
        environment = {
            **os.environ,
            "EPOCHLAB_HOME": str(self.workspace.home),
            "EPOCHLAB_DATA": str(self.workspace.data),
            "EPOCHLAB_DB": self.workspace.database,
        }
        try:
            self.workspace.runs.mkdir(parents=True, exist_ok=True)
            with open(self.log, "ab") as log:
                self.worker = subprocess.Popen(
                    [sys.executable, "-m", "core.runs.worker", "--idle", str(idle)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True, cwd=ROOT, env=environment,
                )  # fmt: skip
        except OSError as error:
            raise Unwritable(NOT_STARTED, reason=reason(error), folder=self.workspace.runs) from error

    def attend(self) -> None:
        if time.monotonic() - self.woken > WAKE_INTERVAL_S:
            with suppress(Unwritable):
                self.wake()

    def is_alive(self, run_id: str) -> bool:
        return held(self.files.lock(run_id))

    def problem(self) -> str:
        """Why the worker that was woken last has ended before it took a run; "" if it has not."""
        if self.worker is None or not self.worker.poll():
            return ""
        return str(Problem(NO_WORKER, log=self.log))

    @property
    def log(self) -> Path:
        """What workers print before they have a run."""
        return self.workspace.runs / "workers.log"

    @property
    def spare_lock(self) -> Path:
        """Held by the one worker that waits for the next run."""
        return self.workspace.runs / "spare.lock"

    def device_lock(self, device: str) -> Path:
        """Held by the run that trains on this device."""
        return self.workspace.runs / f"device-{device.replace(':', '-')}.lock"
