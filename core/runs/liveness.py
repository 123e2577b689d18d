"""Every reader checks whether the worker of a running run has died, and marks the run before showing it as running.

On this computer the lock of a file tells; of a worker elsewhere, its lock in the database. Who cannot tell writes
nothing.
"""

import time
from contextlib import suppress
from dataclasses import replace

from core.datasets.source import DataSource
from core.errors import Problem, Unwritable
from core.files.paths import Workspace
from core.prepared import prepare
from core.prepared.before_a_run import comes_with_the_run
from core.prepared.cache_entry import CacheEntry
from core.runs import naming, outcomes
from core.runs.attempt import STATE_AFTER
from core.runs.executors import Executor
from core.runs.files import RunFiles
from core.runs.oom_counters import ran_out_of_memory
from core.runs.store import Run, State, Store

# Seconds for which a run elsewhere must be held by nobody before it counts as left: a worker that lost the database for
# a moment holds it again within seconds.
LEFT_AFTER_S = 15.0


class Liveness:
    """Which of the running runs have a living worker."""

    def __init__(self, workspace: Workspace, store: Store, files: RunFiles, executor: Executor) -> None:
        self.workspace, self.store, self.files, self.executor = workspace, store, files, executor
        # Run and attempt → when it was first seen held by nobody, and last.
        self.left: dict[tuple[str, int], tuple[float, float]] = {}

    def checked(self, run: Run, keep: bool = False) -> Run:
        """The run in its present state: `interrupted` or `failed` if its worker is gone. With `keep`, `Unwritable` if
        the store cannot record that."""
        if run.state != "running" or self.is_alive(run) is not False:
            return run
        state, outcome = self.end_of(run)
        if state == "interrupted":  # or what it was asked to be
            state = STATE_AFTER.get(run.requested_action or "", state)
        try:
            self.store.move(
                run.id, state, only_from=["running"], attempt=run.attempt, pid=None, stage="", outcome=outcome.to_dict()
            )
        except Unwritable:  # the state can be shown, though not stored
            if keep:
                raise
            return replace(run, state=state, pid=None, stage="", outcome=outcome.to_dict(), message=str(outcome))
        return self.store.get(run.id)

    def is_alive(self, run: Run) -> bool | None:
        """Whether a worker trains it; None where that cannot be found out here."""
        if self.is_here(run):  # or on another computer, of the same name and with the same folder
            return self.executor.is_alive(run.id) or bool(run.place and self.store.is_held(run.id))
        if run.place is None or (held := self.store.is_held(run.id)) is None:
            return None
        key = run.id, run.attempt
        if held:
            self.left.pop(key, None)
            return True
        now = time.monotonic()
        first, last = self.left.get(key, (now, now))
        if now - last > LEFT_AFTER_S:  # nobody has looked for a while; it may have been held
            first = now
        self.left[key] = first, now
        return False if now - first > LEFT_AFTER_S else None

    def is_missed(self, run: Run) -> bool:
        """Whether a running run elsewhere is held by nobody, and not long enough to count as left."""
        return run.state == "running" and self.is_alive(run) is None and self.store.is_held(run.id) is False

    def settled(self, run: Run) -> Run:
        """The run once it can be told whether its worker lives: after LEFT_AFTER_S where nobody holds it."""
        while self.is_missed(run):
            time.sleep(0.5)
            run = self.checked(self.store.get(run.id))
        return run

    def is_here(self, run: Run) -> bool:
        """Whether its worker is of this workspace, and not of another one that shares the database."""
        if self.workspace.has_own_database or run.place == self.workspace.place:
            return True
        return run.place is None and self.workspace.run(run.id).exists()

    def end_of(self, run: Run) -> tuple[State, Problem]:
        """Why its worker stopped, as far as that can be found out."""
        if run.place and not self.is_here(run):
            return "interrupted", outcomes.left_elsewhere(run.place, files_here=self.workspace.run(run.id).exists())
        if ran_out_of_memory(run.oom_counters):
            return "failed", outcomes.out_of_memory(run.config.training.batch_size)
        if noted := self.files.ending(run.id):
            return "interrupted", outcomes.stopped(noted[1])
        with suppress(Problem):
            if self.has_lost_data(run):  # reading mapped files that were cut ends the process
                return "interrupted", outcomes.data_gone(naming.data_title(run.config))
        return "interrupted", outcomes.stopped_silently()

    def has_lost_data(self, run: Run) -> bool:
        """Whether its images were prepared here and are not whole any more; those that it prepares itself it may have
        been about to prepare."""
        source = DataSource.of(run.config.data)
        if prepare.find(source, self.workspace):
            return False
        begins = comes_with_the_run(source, self.workspace) and not self.files.has_checkpoint(run.id)
        return CacheEntry(source, self.workspace).folder.exists() or not (self.store.shared or begins)
