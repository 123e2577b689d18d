"""An attempt at a run: what its worker writes to the store. From the moment on in which a later attempt begins, nothing
that it writes stands. That happens where it seemed dead and was not: its computer had lost the network, or had slept.
"""

import os
from collections.abc import Sequence
from typing import Any

from core.runs import leaving
from core.runs.store import EpochRow, Run, State, StepRow, Store

REQUEUE = "requeue"
# The state that a run gets which was asked to stop so: by a person, or by the end of its worker.
STATE_AFTER: dict[str, State] = {"pause": "paused", "cancel": "cancelled", REQUEUE: "queued"}


class Attempt:
    """The writing of a run that this process has claimed. Each method raises `Superseded` where it is refused."""

    def __init__(self, run: Run, store: Store) -> None:
        self.run, self.store = run, store

    def change(self, **values: Any) -> None:
        self.store.change(self.run.id, attempt=self.run.attempt, **values)

    def report(self, steps: Sequence[StepRow] = (), epoch: EpochRow | None = None, **values: Any) -> None:
        self.store.report(self.run.id, steps, epoch, attempt=self.run.attempt, **values)

    def rewind(self, step: int) -> None:
        self.store.rewind(self.run.id, step, attempt=self.run.attempt)

    def end(self, state: State, **values: Any) -> bool:
        """Let the run be in `state`; False where it is not running any more, or not in this attempt. A reader may have
        taken it for dead meanwhile."""
        now = {"pid": None, "stage": "", **values}
        return self.store.move(
            self.run.id, state, only_from=["running", "interrupted"], attempt=self.run.attempt, **now
        )

    def requested_action(self) -> str | None:
        """What the run is asked to do: by a person, or because its worker shall leave. A run whose worker could not be
        reached for a while may have been taken for dead: then it trains again, unless somebody has decided meanwhile
        what becomes of it."""
        state, asked = self.store.standing(self.run.id)
        if state == "interrupted":
            now = {"pid": os.getpid(), "message": "", "outcome": None}
            self.store.move(self.run.id, "running", only_from=[state], attempt=self.run.attempt, **now)
        decided = next((action for action, after in STATE_AFTER.items() if after == state), None)
        asked = asked if asked in STATE_AFTER else decided
        return asked or (REQUEUE if leaving.asked() else None)
