"""The store: what is kept of runs, and what an implementation promises. `core.runs.sql_store` keeps it in a database.

Any number of processes share a store. Each method is one transaction: it is done completely or not at all, and every
read after it has returned sees it. All of it is on the disk when a method returns, also after a power cut, except for
`report`, whose last numbers may be missing then; a checkpoint has them. A failure of the place where it is kept is
raised as `Problem`, as `Unwritable` where the place only accepts no writes for now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

from core.errors import Problem
from core.run_config import RunConfig
from core.training.events import EpochMetrics, StepMetrics
from core.training.metrics.spec import Value
from core.training.settings import ForkSchedule

State = Literal["queued", "running", "paused", "interrupted", "finished", "failed", "cancelled"]
ACTIVE = ("queued", "running")
PATIENCE_S = 60.0  # for which a run, or who waits for one, waits for a store that does not answer, as while it restarts
RESUMABLE = ("paused", "interrupted", "failed", "cancelled")
UNREADABLE = "settings_unreadable"  # code of the outcome of a run whose settings another version wrote


class Superseded(Problem):
    """What an attempt at a run writes is refused: a later one has begun, or the run was deleted."""


@dataclass(frozen=True)
class Origin:
    """Where a run began that goes on from another one: after which epoch, and what its schedule does from there. `name`
    is what the other was called then; it may have been deleted since."""

    run: str
    name: str
    epoch: int
    schedule: ForkSchedule = "rule"


@dataclass(frozen=True)
class Refusal:
    """Why a computer cannot take a run, as `Problem.to_dict` has it; `tried`: when it found out by trying."""

    problem: dict[str, Any]
    tried: float | None = None


@dataclass(frozen=True)
class Run:
    """One row of the store. Times are seconds since 1970; `seconds` is time worked, pauses left out."""

    id: str
    name: str
    state: State
    config: RunConfig
    created: float
    queued: float
    requested_action: str | None = None
    recipe: str | None = None
    tags: list[str] = field(default_factory=list)
    notes: str = ""
    started: float | None = None
    finished: float | None = None
    pid: int | None = None
    attempt: int = 0  # how often a worker has claimed it; each is an `Attempt`
    place: str | None = None  # of its worker, see `Workspace.place`; None of runs that versions before 5 trained
    fingerprint: str | None = None  # of the images that it learns from; None where it is not known yet
    oom_counters: dict[str, Any] | None = None
    stage: str = ""
    progress: float = 0.0
    seconds: float = 0.0
    message: str = ""  # why it ended, in the reader's words; "" where that is simply by finishing
    outcome: dict[str, Any] | None = None  # the same as `Problem.to_dict` has it
    summary: dict[str, Any] | None = None
    origin: Origin | None = None  # of a fork; None of a run that began with an untrained model

    @property
    def computer(self) -> str:
        """The name of the one that trains it, or has; "" if none has yet."""
        return (self.place or "").partition(":")[0]

    @property
    def active(self) -> bool:
        """Waiting or training: its numbers may still grow."""
        return self.state in ACTIVE

    @property
    def code(self) -> str:
        """The code of its outcome, by which a page chooses what it offers beside the sentence; "" if it has none."""
        return str((self.outcome or {}).get("code", ""))

    @property
    def resumable(self) -> bool:
        return self.state in RESUMABLE


@dataclass(frozen=True)
class Computer:
    """One that takes runs. Times are seconds since 1970."""

    place: str  # see `Workspace.place`
    devices: list[str]
    since: float
    heard: float
    refused: dict[str, Refusal]  # by the id of a run
    there: bool | None = None  # whether its workers live; None where the store cannot tell

    @property
    def name(self) -> str:
        """What its owner calls it."""
        return self.place.partition(":")[0]


@dataclass(frozen=True, slots=True)
class EpochRow:
    """The numbers of one epoch by name: those of `METRICS`, with `train_` or `val_` before them, `*_correct` of
    `*_total` images, and `lr`. Epoch 0 is the untrained model: its `train_*` are None. `seconds` since the start of
    training, pauses left out."""

    epoch: int
    step: int
    metrics: dict[str, Value]
    seconds: float

    @classmethod
    def of(cls, event: EpochMetrics) -> Self:
        return cls(event.epoch, event.step, event.metrics, event.seconds)

    def __getitem__(self, name: str) -> Value:
        """None where the epoch has no such number."""
        return self.metrics.get(name)

    def count(self, name: str) -> int | None:
        """A number of images, such as `val_correct`."""
        value = self.metrics.get(name)
        return None if value is None else int(value)

    def flat(self, measured_on: str = "val") -> dict[str, Any]:
        """All of it side by side, for tables and JSON; the `val_*` under the name of the part that they are of."""
        named = {f"{measured_on}_{k[4:]}" if k.startswith("val_") else k: value for k, value in self.metrics.items()}
        return {"epoch": self.epoch, "step": self.step, **named, "seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class StepRow:
    """The steps since the last row by the names of `METRICS`. `epoch` is the position, 1.5 being the middle of the
    second."""

    step: int
    epoch: float
    metrics: dict[str, Value]
    seconds: float

    @classmethod
    def of(cls, event: StepMetrics) -> Self:
        return cls(event.step, event.epoch, event.metrics, event.seconds)

    def __getitem__(self, name: str) -> Value:
        """None where the steps have no such number."""
        return self.metrics.get(name)

    def flat(self) -> dict[str, Any]:
        """All of it side by side, for tables and JSON."""
        return {"step": self.step, "epoch": self.epoch, **self.metrics, "seconds": self.seconds}


@dataclass(frozen=True)
class RunRows:
    """All that the store keeps of a run: the columns of its row, as JSON has them, and its numbers."""

    columns: dict[str, Any]
    epochs: Sequence[EpochRow]
    steps: Sequence[StepRow]


class Held(Protocol):
    """What shows that this process trains a run."""

    @property
    def taken(self) -> bool:
        """Whether it shows that now. At first not, where another process still has the run."""

    def release(self) -> None:
        """Let go."""


class Store(Protocol):
    """All runs, their states, and the numbers that they have reported."""

    @property
    def url(self) -> str:
        """Where it is kept; two stores with the same address hold the same runs."""

    patience: float  # seconds for which each method waits for a place that does not answer; 0 at first

    # Making and finding runs

    def add(
        self, config: RunConfig, name: str = "", *, recipe: str | None = None, state: State = "queued",
        origin: Origin | None = None, fingerprint: str | None = None,
    ) -> Run:  # fmt: skip
        """A new run, last in the queue. Without a name it gets one that no other run has, after the recipe or its
        model and data set. One with an `origin` has that run's numbers up to the end of that epoch."""

    def free_name(self, wanted: str) -> str:
        """`wanted`, with a number after it if a run has that name."""

    def get(self, run_id: str) -> Run:
        """The run with exactly this id; `BadInput` if there is none."""

    def find(self, text: str, *, only: bool = False) -> Run:
        """The run meant by an id, a name (the newest of that name), or an unambiguous start of an id. With `only`
        the text must fit no other run."""

    def all(self, states: Sequence[str] | None = None, limit: int | None = None) -> list[Run]:
        """Runs, newest first. One whose settings cannot be read is `failed`, with the code `UNREADABLE`."""

    def ids(self) -> list[str]:
        """The ids of all runs, oldest first."""

    def queue(self, limit: int | None = None) -> list[Run]:
        """Runs that wait, next one first."""

    # Taking runs to another store

    def rows(self, run_id: str) -> RunRows:
        """What is kept of a run; `BadInput` if there is none."""

    def add_rows(self, runs: Sequence[RunRows]) -> None:
        """Runs that another store kept, all of them or none. Their ids are free here."""

    # Changing runs. With an `attempt`, only that one may: `Superseded` where a later one has begun.

    def change(self, run_id: str, *, attempt: int | None = None, **values: Any) -> None:
        """Set fields of a run: name, tags, notes, stage, progress, summary and so on."""

    def move(
        self, run_id: str, to: State, *, only_from: Sequence[str], attempt: int | None = None, **values: Any
    ) -> bool:
        """Change a run's state, and other fields with it, if it is in one of `only_from` (and in that `attempt`); False
        if it was not. Of several processes that try at once, exactly one succeeds: this is how workers claim runs. A
        run that begins to run begins its next attempt, unless `attempt` goes on; one that goes to the queue has not
        ended, however it ended before, and keeps its place there unless `queued` says another."""

    def standing(self, run_id: str) -> tuple[State | None, str | None]:
        """The state of a run, None if it was deleted; and what a person asked of it since it started: `pause`,
        `cancel`, or nothing."""

    def ask(self, run_id: str, action: str) -> bool:
        """Ask that of a run; False where it is not running."""

    def remove(self, run_id: str) -> None:
        """Delete the run and all its numbers. The caller removes the folder."""

    # Who trains a run

    def hold(self, run_id: str) -> "Held":
        """Let all who share the store see that this process trains a run, until it lets go, ends, or cannot reach the
        store any more."""

    def is_held(self, run_id: str) -> bool | None:
        """Whether a process holds a run; None where the store cannot tell."""

    # The computers that take runs, where the store is one that computers can share

    @property
    def shared(self) -> bool:
        """Whether computers can share it, and see whether each other live."""

    def hold_computer(self, place: str) -> "Held":
        """The same for a computer: it is there for as long as one of its processes holds it."""

    def tell_computer(
        self, place: str, *, devices: list[str] | None = None, refused: dict[str, Refusal] | None = None
    ) -> None:
        """Note that this computer is there, what it trains on, and which runs it cannot take."""

    def refused(self, place: str) -> dict[str, Refusal] | None:
        """Which runs this computer has told that it cannot take, by their ids; None where it has told nothing yet."""

    def computers(self) -> list[Computer]:
        """Those that have told of themselves, by their names."""

    def forget_computer(self, place: str) -> None:
        """It takes no more runs."""

    # Numbers. With an `attempt` as above.

    def report(
        self, run_id: str, steps: Sequence[StepRow] = (), epoch: EpochRow | None = None, *, attempt: int | None = None,
        **values: Any,
    ) -> None:  # fmt: skip
        """Write new numbers and fields of the run at once. Rows already there are replaced, so a resumed run may report
        again what it had."""

    def rewind(self, run_id: str, step: int, *, attempt: int | None = None) -> None:
        """Forget numbers after `step`: a resumed run computes those steps again."""

    def epochs(self, run_id: str) -> list[EpochRow]:
        """Epoch 0 first."""

    def steps(self, run_id: str, after: int = -1) -> list[StepRow]:
        """Rows with a step number above `after`, oldest first."""
