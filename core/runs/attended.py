"""Takes runs from the queue until it is told to stop: `python -m core worker`.

One worker always waits, and each run has one of its own, as where pages start them (`core.runs.worker`); here they are
children of this process. They leave when it closes their input, and so they do when it is killed: none outlives it.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from core.errors import BadInput, Problem, Unwritable
from core.locale import _, translate
from core.runs import outcomes
from core.runs.attempt import STATE_AFTER
from core.runs.executors.local import NO_WORKER, START_INTERVAL_S, LocalProcesses
from core.runs.lab import Lab
from core.runs.locks import is_locked
from core.runs.obstacles import obstacle
from core.runs.presence import is_gone
from core.runs.store import PATIENCE_S, Run

LOOK_INTERVAL_S = 0.25  # seconds between two looks at the workers
STORE_INTERVAL_S = 3.0  # and at the store
# A run whose workers have died is taken again by itself, up to this attempt: one that harms its computers ends there.
MAX_ATTEMPTS = 10
GIVES_UP_AFTER_S = 10.0  # told to end at once, it waits no longer for a server that is silent
AT_ONCE = 2  # times that it was told to stop


class Attended:
    """The workers of this computer. `tell` gets what happens, in sentences."""

    def __init__(self, lab: Lab, tell: Callable[[str], None]) -> None:
        self.lab, self.tell = lab, tell
        lab.store.patience = PATIENCE_S
        self.executor = LocalProcesses(lab.workspace)
        self.children: list[subprocess.Popen[bytes]] = []
        self.asked = 0  # how often it was told to stop
        self.started = self.looked = float("-inf")  # monotonic seconds
        self.waits = False  # whether the worker that was started last was seen to wait
        self.known: dict[str, Run] = {}  # runs that train here

    def stop(self, *_signal: object) -> None:
        """Told to stop: once to put the runs back, twice to end at once. It may be asking a database just now that does
        not answer: what must be done is done here."""
        self.asked += 1
        self.lab.store.patience = 0.0
        self.end_inputs()
        if self.asked == AT_ONCE:
            for child in self.children:
                child.kill()
            end = threading.Timer(GIVES_UP_AFTER_S, os._exit, [1])
            end.daemon = True
            end.start()

    def work(self) -> None:
        """Until it was told to stop, and has."""
        try:
            while not self.asked:
                self.look()
                time.sleep(LOOK_INTERVAL_S)
            self.tell(
                _(
                    "Told to stop: each run that trains here is saved and put back in the queue. Once more ends it at "
                    "once; then it goes on from its last checkpoint."
                )
            )
            self.leave()
        finally:
            for child in self.children:
                child.kill()
                child.wait()
        try:
            gone = is_gone(self.lab.store, self.lab.workspace.place)  # or its runs would seem to be held still
            self.tell_runs()
            self.put_back_own()
            if gone and self.lab.store.shared:
                self.lab.store.forget_computer(self.lab.workspace.place)
        except Unwritable as problem:  # other computers will see that it is gone
            self.tell(str(problem))
        self.tell(_("Stopped."))

    def leave(self) -> None:
        """Let the workers end, or return when told to stop once more."""
        self.end_inputs()  # also of one that was started in the moment of the signal
        while self.alive() and self.asked < AT_ONCE:
            time.sleep(LOOK_INTERVAL_S / 5)
        if self.asked >= AT_ONCE:
            self.tell(_("Told to stop once more: the runs end where they are."))

    def end_inputs(self) -> None:
        for child in self.children:
            if child.stdin:
                child.stdin.close()

    def look(self) -> None:
        """Keep one worker waiting, and runs going whose workers have died."""
        now = time.monotonic()
        self.alive()
        try:
            if is_locked(self.executor.spare_lock):
                self.waits = True
            elif self.waits or now - self.started > START_INTERVAL_S:
                self.started, self.waits = now, False
                self.children.append(self.executor.start(["--attended"], subprocess.PIPE))
            if now - self.looked > STORE_INTERVAL_S:
                self.looked = now
                self.tell_runs()
                self.resume_died()
        except Unwritable as problem:  # the disk or the database; later it may work again
            self.tell(str(problem))
            self.looked = time.monotonic()

    def alive(self) -> bool:
        """Whether a worker lives; tells of one that could not begin."""
        for child in [child for child in self.children if child.poll() is not None]:
            self.children.remove(child)
            if child.returncode:
                self.tell(str(Problem(NO_WORKER, log=self.executor.log)))
        return bool(self.children)

    def tell_runs(self) -> None:
        """What trains here, and how it has ended."""
        place = self.lab.workspace.place
        now = {run.id: run for run in self.lab.store.all(["running"]) if run.place == place}
        for run in now.values():
            if run.id not in self.known:
                self.tell(_("{name:name} ({id}) trains here.", name=run.name, id=run.id))
        for run in self.known.values():
            with suppress(BadInput):  # it was deleted
                if run.id not in now:
                    seen = self.lab.store.get(run.id)
                    state = seen.state if seen.attempt == run.attempt else "queued"  # and another took it from there
                    self.tell(_("{name:name} ({id}): {state}.", name=run.name, id=run.id, state=translate(state)))
        self.known = now

    def resume_died(self) -> None:
        """Put runs back in the queue whose workers have died or had no database, here or on another computer, and that
        this one can take: they go on from their last checkpoints."""
        for run in map(self.lab.liveness.checked, self.lab.store.all(["running", "interrupted", "paused"])):
            lost = run.state != "running" and run.code in outcomes.LOST and run.attempt < MAX_ATTEMPTS
            if lost and obstacle(run, self.lab.workspace) is None:
                self.put_back(run)

    def put_back_own(self) -> None:
        """The same for those whose workers this process has ended."""
        for run in self.lab.store.all(["running"]):
            if run.place == self.lab.workspace.place and self.lab.liveness.is_alive(run) is False:
                self.put_back(run)

    def put_back(self, run: Run) -> None:
        now, to = {"pid": None, "stage": ""}, STATE_AFTER.get(run.requested_action or "", "queued")
        moved = self.lab.store.move(run.id, to, only_from=[run.state], attempt=run.attempt, **now)
        if moved and to == "queued":
            self.tell(_("{name:name} ({id}) waits in the queue again.", name=run.name, id=run.id))
