"""A running run whose worker has died is found by whoever looks, and marked before anybody sees it as running."""

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
    """Who of the running runs is really at work."""

    def __init__(self, workspace: Workspace, store: Store, files: RunFiles, executor: Executor) -> None:
        self.workspace, self.store, self.files, self.executor = workspace, store, files, executor

    def checked(self, run: Run, keep: bool = False) -> Run:
        """The run as it stands; `interrupted` or `failed` if its worker is gone. With `keep` the store must take what
        was found out."""
        if run.state != "running" or self.executor.is_alive(run.id):
            return run
        state, outcome = self.end_of(run)
        try:
            self.store.move(run.id, state, only_from=["running"], pid=None, stage="", outcome=outcome.to_dict())
        except Unwritable:  # it can be told, if not kept
            if keep:
                raise
            return replace(run, state=state, pid=None, stage="", outcome=outcome.to_dict(), message=str(outcome))
        return self.store.get(run.id)

    def end_of(self, run: Run) -> tuple[State, Problem]:
        """Why its worker stopped, as far as that shows."""
        if ran_out_of_memory(run.oom_counters):
            return "failed", outcomes.out_of_memory(run.config.training.batch_size)
        if noted := self.files.ending(run.id):
            return "interrupted", outcomes.stopped(noted[1])
        with suppress(Problem):
            source = DataSource.of(run.config.data)
            if prepare.find(source, self.workspace) is None:  # cut short under it, they end the process
                return "interrupted", outcomes.data_gone(naming.data_title(run.config))
        return "interrupted", outcomes.stopped_silently()
