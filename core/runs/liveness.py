"""Every reader checks whether the worker of a running run has died, and marks the run before showing it as running."""

from contextlib import suppress
from dataclasses import replace

from core.datasets.source import DataSource
from core.errors import Problem, Unwritable
from core.files.paths import Workspace
from core.prepared import prepare
from core.runs import naming, outcomes
from core.runs.executors import Executor
from core.runs.files import RunFiles
from core.runs.oom_counters import ran_out_of_memory
from core.runs.store import Run, State, Store


class Liveness:
    """Which of the running runs have a living worker."""

    def __init__(self, workspace: Workspace, store: Store, files: RunFiles, executor: Executor) -> None:
        self.workspace, self.store, self.files, self.executor = workspace, store, files, executor

    def checked(self, run: Run, keep: bool = False) -> Run:
        """The run in its present state: `interrupted` or `failed` if its worker is gone. With `keep`, `Unwritable` if
        the store cannot record that."""
        if run.state != "running" or not self.can_tell(run) or self.executor.is_alive(run.id):
            return run
        state, outcome = self.end_of(run)
        try:
            self.store.move(run.id, state, only_from=["running"], pid=None, stage="", outcome=outcome.to_dict())
        except Unwritable:  # the state can be shown, though not stored
            if keep:
                raise
            return replace(run, state=state, pid=None, stage="", outcome=outcome.to_dict(), message=str(outcome))
        return self.store.get(run.id)

    def can_tell(self, run: Run) -> bool:
        """Whether it can be found out here. Not of a worker in another workspace, which shares the database: nothing is
        written about it then."""
        if self.workspace.has_own_database or run.place == self.workspace.place:
            return True
        return run.place is None and self.workspace.run(run.id).exists()

    def end_of(self, run: Run) -> tuple[State, Problem]:
        """Why its worker stopped, as far as that can be found out."""
        if ran_out_of_memory(run.oom_counters):
            return "failed", outcomes.out_of_memory(run.config.training.batch_size)
        if noted := self.files.ending(run.id):
            return "interrupted", outcomes.stopped(noted[1])
        with suppress(Problem):
            source = DataSource.of(run.config.data)
            if prepare.find(source, self.workspace) is None:  # reading mapped files that were cut ends the process
                return "interrupted", outcomes.data_gone(naming.data_title(run.config))
        return "interrupted", outcomes.stopped_silently()
