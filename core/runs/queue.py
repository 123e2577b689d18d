"""The queue: runs are submitted, paused, cancelled and resumed. A running one is asked, and obeys within a moment."""

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from core.datasets.source import DataSource
from core.errors import Problem, Unwritable, reason
from core.files import atomic, disk_space
from core.files.checkpoint_names import own_path
from core.files.paths import Workspace
from core.locale import _, translate
from core.prepared import prepare
from core.prepared.before_a_run import comes_with_the_run
from core.run_config import RunConfig
from core.runs import answer_history, starting_weights
from core.runs.executors import Executor
from core.runs.files import RunFiles
from core.runs.liveness import Liveness
from core.runs.obstacles import require_folder
from core.runs.store import RESUMABLE, UNREADABLE, Origin, Run, Store

Action = Literal["pause", "cancel"]
NOT_ACTIVE = "{name:name} ({run}) is {state}; only a run that waits or trains can be {asked}."
NOT_RESUMABLE = (
    "{name:name} ({run}) is {state}; only a run that is paused, interrupted, failed or cancelled can be resumed."
)


class Queue:
    """The requests that people make of runs."""

    def __init__(self, workspace: Workspace, store: Store, executor: Executor, liveness: Liveness) -> None:
        self.workspace, self.store, self.executor, self.liveness = workspace, store, executor, liveness
        self.files = RunFiles(workspace)

    def submit(self, config: RunConfig, name: str = "", recipe: str | None = None) -> Run:
        """Queue a run on data that are prepared, or that it prepares, and make sure that a worker takes it."""
        source = DataSource.of(config.data)
        if not comes_with_the_run(source, self.workspace):
            prepare.require(source, self.workspace)
        disk_space.require(self.workspace.runs, 0, _("another run"))
        if config.model.of_run or self.store.shared:
            return self._enter(self.begun(config, name, recipe=recipe))
        run = self.store.add(config, name, recipe=recipe, fingerprint=self._fingerprint(config))
        self.executor.start_worker()
        return run

    def submit_fork(
        self, config: RunConfig, name: str, origin: Origin, start: Path, best: Path | None, *, recipe: str | None
    ) -> Run:
        """Queue a run that begins from the checkpoint `start` of another one. `best`: that of its best epoch so far."""
        prepare.require(DataSource.of(config.data), self.workspace)
        disk_space.require(self.workspace.runs, 0, _("another run"))
        return self._enter(self._with_files(config, name, {"start": start, "best": best}, recipe=recipe, origin=origin))

    def begun(self, config: RunConfig, name: str = "", *, recipe: str | None = None) -> Run:
        """A new run, paused, with the weights in its folder that it starts from, where those are another run's."""
        start = starting_weights.source_file(config, self.store, self.files)
        return self._with_files(config, name, {"start": start}, recipe=recipe)

    def _with_files(
        self,
        config: RunConfig,
        name: str,
        files: Mapping[str, Path | None],
        *,
        recipe: str | None = None,
        origin: Origin | None = None,
    ) -> Run:
        """A new run, paused, and these checkpoints of another one under the names that they have in its folder. Where
        computers share a queue, the folder tells which of them share the files of the run, too."""
        require_folder(self.workspace)
        run = self.store.add(  # paused until they are there
            config, name, recipe=recipe, origin=origin, state="paused", fingerprint=self._fingerprint(config)
        )
        folder = self.workspace.run(run.id)
        try:
            atomic.make_folder(folder)
            for which, path in files.items():
                if path:
                    atomic.link(path, own_path(folder, which))
            if origin:
                history = answer_history.FILE
                answer_history.copy(self.workspace.run(origin.run) / history, folder / history, origin.epoch)
        except (OSError, Problem) as error:
            self.store.remove(run.id)
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, Problem):
                raise
            raise Unwritable(
                "What this run begins with of another one could not be taken over ({reason}).", reason=reason(error)
            ) from error
        return run

    def _fingerprint(self, config: RunConfig) -> str | None:
        """Of the images that a run will learn from, where they are prepared."""
        prepared = prepare.find(DataSource.of(config.data), self.workspace)
        return prepared.meta.fingerprint if prepared else None

    def _enter(self, run: Run) -> Run:
        """Let a run wait in the queue that has all it needs."""
        self.store.move(run.id, "queued", only_from=["paused"], queued=time.time())
        self.executor.start_worker()
        return self.store.get(run.id)

    def pause(self, run_id: str) -> None:
        """Ask a running run to save itself and stop for now; a waiting one leaves the queue."""
        self._ask(run_id, "pause", "paused")

    def cancel(self, run_id: str) -> None:
        """Ask a running run to end; what it has learnt is kept, and it can be resumed."""
        if self.store.move(run_id, "cancelled", only_from=["paused", "interrupted"], finished=time.time()):
            return
        self._ask(run_id, "cancel", "cancelled")

    def resume(self, run_id: str) -> Run:
        """Queue an unfinished run again; it goes on from its last checkpoint, or begins if it has none."""
        run = self.liveness.checked(self.store.get(run_id), keep=True)
        if run.code == UNREADABLE:
            raise Problem(run.message)
        if not self.store.move(run_id, "queued", only_from=RESUMABLE, queued=time.time()):
            run = self.store.get(run_id)
            raise Problem(NOT_RESUMABLE, name=run.name, run=run.id, state=translate(run.state))
        self.executor.start_worker()
        return self.store.get(run_id)

    def _ask(self, run_id: str, action: Action, state: Any) -> None:
        run = self.liveness.checked(self.store.get(run_id))
        while run.active:  # it may be taken, or put back, in this very moment
            if self.store.move(run_id, state, only_from=["queued"]) or self.store.ask(run_id, action):
                return
            run = self.liveness.checked(self.store.get(run_id))
        raise Problem(NOT_ACTIVE, name=run.name, run=run.id, state=translate(run.state), asked=translate(state))
