"""Stops a run that does not look up in time. A run looks between steps and batches whether it was asked to pause or to
be cancelled; where one of them takes long, or images are still being read, a thread of its worker ends the process: the
last checkpoint stands, and a run ended so loses no more than one whose worker was killed."""

import os
import threading
import time
from collections.abc import Callable

from core.errors import Problem
from core.runs.lab import Lab
from core.runs.store import State

# Seconds from what was asked until the process is ended. Pausing is promised within 5, cancelling within 10; a run that
# looks up writes a checkpoint first.
STOP_TIMEOUT_S = {"pause": 3.5, "cancel": 8.0}
POLL_INTERVAL_S = 0.5
STATE_AFTER: dict[str, State] = {"pause": "paused", "cancel": "cancelled"}
STOPPED_IN_STEP = Problem(
    "It was stopped in the middle of a long step; what it did since its last checkpoint it does again when resumed."
)


def watch(lab: Lab, run_id: str, idle: float) -> None:
    """Look after this process's run from a thread, which ends with the process."""
    threading.Thread(target=wait, args=(lab, run_id, lambda: leave(lab, idle)), daemon=True).start()


def wait(lab: Lab, run_id: str, end: Callable[[], None]) -> None:
    """Until the run is too late: then it is in the state that was asked for, and `end` is called."""
    since = time.monotonic()
    while True:
        time.sleep(POLL_INTERVAL_S)
        try:
            action = lab.store.requested_action(run_id)
            if action is None:
                since = time.monotonic()
            elif time.monotonic() - since > STOP_TIMEOUT_S[action]:
                now = {"pid": None, "stage": "", "finished": time.time(), "outcome": STOPPED_IN_STEP.to_dict()}
                if lab.store.move(run_id, STATE_AFTER[action], only_from=["running"], **now):
                    lab.files.note(run_id, str(STOPPED_IN_STEP))
                    end()
                return
        except Problem:  # the store is busy or gone; the run will hear of it itself
            continue


def leave(lab: Lab, idle: float) -> None:
    """End this process at once; another waits for the next run."""
    lab.executor.wake(idle)
    os._exit(0)
