"""A wish that is not heard in time. A run looks up between steps and batches; where one of them takes long, or images
are still being read, its worker ends it from beside: the last checkpoint stands, and a run ended so loses no more than
one whose worker was killed."""

import os
import threading
import time
from collections.abc import Callable

from core.errors import Problem
from core.runs.lab import Lab
from core.runs.store import State

# Seconds from a wish until it is overdue. Pausing is promised within 5, cancelling within 10; a run that hears writes a
# checkpoint first.
HEARD = {"pause": 3.5, "cancel": 8.0}
LOOK = 0.5  # seconds between two looks
ENDS: dict[str, State] = {"pause": "paused", "cancel": "cancelled"}
WORDS = "It was stopped in the middle of a long step; what it did since its last checkpoint it does again when resumed."


def watch(lab: Lab, run_id: str, idle: float) -> None:
    """Look after this process's run from a thread, which ends with the process."""
    threading.Thread(target=wait, args=(lab, run_id, lambda: leave(lab, idle)), daemon=True).start()


def wait(lab: Lab, run_id: str, end: Callable[[], None]) -> None:
    """Until a wish is overdue: then the run is in the state that was asked for, and `end` is called."""
    since = time.monotonic()
    while True:
        time.sleep(LOOK)
        try:
            wish = lab.store.wish(run_id)
            if wish is None:
                since = time.monotonic()
            elif time.monotonic() - since > HEARD[wish]:
                now = {"pid": None, "stage": "", "finished": time.time(), "outcome": Problem(WORDS).to_dict()}
                if lab.store.move(run_id, ENDS[wish], only_from=["running"], **now):
                    lab.files.note(run_id, WORDS)
                    end()
                return
        except Problem:  # the store is busy or gone; the run will hear of it itself
            continue


def leave(lab: Lab, idle: float) -> None:
    """End this process at once; another waits for the next run."""
    lab.executor.wake(idle)
    os._exit(0)
