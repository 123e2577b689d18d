"""Ends the process of a run that does not answer a request to stop in time. A run checks between steps and batches
whether it was asked to pause or to be cancelled; where one of them takes long, or images are still being read, a thread
of its worker ends the process: the last checkpoint stays, and no more is lost than when a worker is killed."""

import os
import threading
import time
from collections.abc import Callable

from core.errors import Problem
from core.runs.attempt import REQUEUE, STATE_AFTER, Attempt
from core.runs.lab import Lab

# Seconds from a request until the process is ended. Pausing is promised within 5, cancelling within 10; a run that
# answers in time writes a checkpoint first.
STOP_TIMEOUT_S = {"pause": 3.5, "cancel": 8.0, REQUEUE: 3.5}
POLL_INTERVAL_S = 0.5
STOPPED_IN_STEP = Problem(
    "It was stopped in the middle of a long step; what it did since its last checkpoint it does again when resumed."
)


def watch(lab: Lab, attempt: Attempt, successor: Callable[[], None]) -> None:
    """Watch this process's run from a thread, which ends with the process, after it has called `successor`."""
    threading.Thread(target=wait, args=(lab, attempt, lambda: leave(successor)), daemon=True).start()


def wait(lab: Lab, attempt: Attempt, end: Callable[[], None]) -> None:
    """Wait until a request is overdue: then the run gets the requested state, and `end` is called."""
    since = time.monotonic()
    while True:
        time.sleep(POLL_INTERVAL_S)
        try:
            action = attempt.requested_action()
            if action is None:
                since = time.monotonic()
            elif time.monotonic() - since > STOP_TIMEOUT_S[action]:
                outcome = STOPPED_IN_STEP.to_dict()
                if attempt.end(STATE_AFTER[action], finished=time.time(), outcome=outcome):
                    lab.files.note(attempt.run.id, str(STOPPED_IN_STEP))
                    end()
                return
        except Problem:  # the store is busy or gone; the run will get the same error itself
            continue


def leave(successor: Callable[[], None]) -> None:
    """End this process at once; another process waits for the next run."""
    successor()
    os._exit(0)
