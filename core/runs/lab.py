"""Lab: the only interface to runs, for the pages and the command line. It combines the store, the executor and the
requests of people. Imports no torch."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.prepared import imports
from core.run_config import RunConfig
from core.runs import forks, naming, options
from core.runs.deletion import Deletion
from core.runs.executors import Executor
from core.runs.executors.local import LocalProcesses
from core.runs.files import RunFiles
from core.runs.liveness import Liveness
from core.runs.obstacles import obstacle, waiting
from core.runs.queue import Queue
from core.runs.seeds import MAX_REPEATS, SEED, unused_seeds
from core.runs.sql_store import open_store
from core.runs.store import Origin, Run, Store
from core.training.settings import ForkSchedule

FORK_NOT_REPEATED = (
    "{name:name} goes on from {origin:name} after epoch {epoch}, where it had its seed already. Repeat {origin:name} "
    "with other seeds, and fork those runs."
)
NEEDED = "{title:name} cannot be removed now: the run {run:name} trains on it or waits to. Cancel that first."


class Lab:
    """The runs of one workspace."""

    def __init__(
        self, workspace: Workspace, store: Store, executor: Executor | None = None, *, takes_runs: bool = False
    ) -> None:
        """`takes_runs`: whether who looks also sees to it that this computer takes runs from a queue that several
        share, as an open app does. A queue of this computer alone is always attended."""
        self.workspace, self.store, self.files = workspace, store, RunFiles(workspace)
        self.attends = takes_runs or not store.shared
        self.executor: Executor = executor or LocalProcesses(workspace)
        self.liveness = Liveness(workspace, store, self.files, self.executor)
        self.queue = Queue(workspace, store, self.executor, self.liveness)
        self.deletion = Deletion(workspace, store, self.executor, self.liveness)

    @classmethod
    def open(cls, *, takes_runs: bool = False) -> "Lab":
        """The workspace that the environment names."""
        options.check()
        workspace = Workspace.from_environment()
        return cls(workspace, open_store(workspace.database), takes_runs=takes_runs)

    # Reading

    def runs(self, limit: int | None = None, states: Sequence[str] | None = None) -> list[Run]:
        """Newest first, of all states or of some. A run whose worker has died is marked before it is returned."""
        runs = [self.liveness.checked(run) for run in self.store.all(states, limit)]
        self._attend(runs)
        return [run for run in runs if states is None or run.state in states]

    def run(self, run_id: str) -> Run:
        """The run with this id; `BadInput` when it was deleted."""
        run = self.liveness.checked(self.store.get(run_id))
        self._attend([run])
        return run

    def find(self, text: str, *, only: bool = False) -> Run:
        """The run meant by an id, a name, or the start of an id; with `only` the text must fit no other run."""
        return self.run(self.store.find(text, only=only).id)

    def runs_on(self, source: DataSource) -> list[Run]:
        """The runs of one data set and of its versions, or of the one version that is asked for, newest first."""
        return [
            run
            for run in self.runs()
            if run.config.data.name == source.name
            and source.version in ("", run.config.data.version)
            and (not source.is_folder or (run.config.data.path and DataSource.of(run.config.data).base == source.base))
        ]

    def waits_for(self, run: Run) -> str:
        """Why a run that waits is taken by no computer, or only by some, in words; "" where it waits for its turn."""
        if not self.store.shared or run.state != "queued":
            return ""
        return waiting(run, self.store, self.workspace).in_words()

    def _attend(self, runs: list[Run]) -> None:
        """Make sure that a worker takes the waiting runs: an earlier one may have been killed."""
        waits = (run for run in runs if self.attends and run.state == "queued")
        if any(not self.store.shared or obstacle(run, self.workspace) is None for run in waits):
            self.executor.ensure_worker()

    # Changing

    def submit(self, config: RunConfig, name: str = "", recipe: str | None = None) -> Run:
        return self.queue.submit(config, name, recipe)

    def repeat(self, run_id: str, seeds: int) -> list[Run]:
        """Queue runs with the settings of this one and seeds that no such run has yet."""
        if not 1 <= seeds <= MAX_REPEATS:
            raise BadInput("A run is repeated 1 to {most} times at once, not {seeds}.", most=MAX_REPEATS, seeds=seeds)
        run = self.run(run_id)
        if run.origin:
            raise BadInput(FORK_NOT_REPEATED, name=run.name, origin=run.origin.name, epoch=run.origin.epoch)
        name = run.name.removesuffix(naming.seed_suffix(run.config.training.seed))
        return [
            self.submit(run.config.replace({SEED: seed}), name + naming.seed_suffix(seed), run.recipe)
            for seed in unused_seeds(run.config, self.runs(), seeds)
        ]

    def fork(
        self,
        run_id: str,
        epoch: int,
        changes: Mapping[str, Any] | None = None,
        *,
        schedule: ForkSchedule = "rule",
        name: str = "",
    ) -> Run:
        """Queue a run that goes on from another one after this epoch, with other settings. It takes what it needs of
        that one with it, which may be deleted at once."""
        run = self.run(run_id)
        rows = self.store.epochs(run.id)
        start = forks.fork_point(run, epoch, rows, self.files)
        config = forks.forked_config(run, epoch, changes or {}, schedule, rows)
        best = forks.best_point(run, epoch, rows, self.files)
        wanted = name or self.store.free_name(forks.fork_name(run, epoch, config))
        origin = Origin(run.id, run.name, epoch, schedule)
        return self.queue.submit_fork(config, wanted, origin, start, best, recipe=run.recipe)

    def train_longer(self, run_id: str, epochs: int, *, schedule: ForkSchedule = "rule", name: str = "") -> Run:
        """Queue a run that goes on from where a finished one ended, up to so many epochs in all."""
        run = self.run(run_id)
        done = forks.check_longer(run, epochs)
        wanted = name or self.store.free_name(forks.longer_name(run, epochs))
        return self.fork(run.id, done, {forks.EPOCHS: epochs}, schedule=schedule, name=wanted)

    def fork_points(self, run: Run) -> list[int]:
        """The epochs after which a run can be forked."""
        return list(forks.fork_points(run, self.store.epochs(run.id), self.files))

    def pause(self, run_id: str) -> None:
        self.queue.pause(run_id)

    def cancel(self, run_id: str) -> None:
        self.queue.cancel(run_id)

    def resume(self, run_id: str) -> Run:
        return self.queue.resume(run_id)

    def delete(self, run_id: str) -> None:
        self.deletion.delete(run_id)

    def forget(self, source: DataSource) -> None:
        """Remove an import, with its prepared images and its uploaded copy, or a saved version. Their runs keep their
        weights and figures."""
        if busy := [run for run in self.runs_on(source) if run.active]:
            raise Problem(NEEDED, title=source.title, run=busy[0].name)
        imports.remove(source, self.workspace)

    def rename(self, run_id: str, name: str) -> None:
        if not (kept := naming.run_name(name)):
            raise BadInput("A run needs a name of at least one letter. Type one.")
        self.store.change(run_id, name=kept)

    def annotate(self, run_id: str, *, tags: list[str] | None = None, notes: str | None = None) -> None:
        """Set tags, notes, both or none."""
        values: dict[str, Any] = {} if notes is None else {"notes": naming.note_lines(notes)}
        if tags is not None:
            values["tags"] = naming.tag_names(tags)
        if values:
            self.store.change(run_id, **values)
