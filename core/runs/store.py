"""The store: every run, its state, and the numbers it has reported. Any number of processes share it.

Each change is one short transaction, and a change of state is a single UPDATE, so two workers never claim the same
run.
"""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import islice
from typing import Any, Literal, Self

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from core.errors import BadInput, Problem
from core.program import COMMAND
from core.run_config import RunConfig
from core.runs import database, naming, schema
from core.runs.json_columns import read_objects, write_json
from core.training.events import EpochMetrics, StepMetrics
from core.training.metrics.spec import Value

State = Literal["queued", "running", "paused", "interrupted", "finished", "failed", "cancelled"]
ACTIVE = ("queued", "running")
RESUMABLE = ("paused", "interrupted", "failed", "cancelled")
UNREADABLE = (
    "The settings of this run cannot be read ({reason}): another version wrote them, or the store is damaged. Look at "
    "it with that version, or delete it."
)


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
    oom_counters: dict[str, Any] | None = None
    stage: str = ""
    progress: float = 0.0
    seconds: float = 0.0
    message: str = ""  # why it ended, in the reader's words; "" where that is simply by finishing
    outcome: dict[str, Any] | None = None  # the same as `Problem.to_dict` has it
    summary: dict[str, Any] | None = None

    @property
    def active(self) -> bool:
        """Waiting or training: its numbers may still grow."""
        return self.state in ACTIVE

    @property
    def code(self) -> str:
        """The code of its outcome, from which follows what a page offers beside the sentence; "" if it has none."""
        return str((self.outcome or {}).get("code", ""))

    @property
    def resumable(self) -> bool:
        return self.state in RESUMABLE


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

    def flat(self) -> dict[str, Any]:
        """All of it side by side, for tables and JSON."""
        return {"epoch": self.epoch, "step": self.step, **self.metrics, "seconds": self.seconds}


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


class Store:
    """All access to the database. Every method is one transaction; database trouble is raised as `Problem`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = database.open_engine(url)
        self.configs: dict[str, RunConfig] = {}  # by run; they never change, and checking 1,000 of them takes long

    # Making and finding runs

    def add(self, config: RunConfig, name: str = "", *, recipe: str | None = None, state: State = "queued") -> Run:
        """A new run, last in the queue. Without a name it gets one that no other run has, after the recipe or its
        model and data set."""
        now = time.time()
        run = Run(
            id=secrets.token_hex(4),
            name=naming.run_name(name) or self.free_name(naming.default_name(config, recipe)),
            state=state,
            config=config,
            created=now,
            queued=now,
            recipe=recipe,
        )
        with self.engine.begin() as db:
            db.execute(insert(schema.runs).values({**asdict(run), "config": config.to_dict()}))
        return run

    def free_name(self, wanted: str) -> str:
        """`wanted`, with a number behind it if a run of that name is there."""
        with self.engine.connect() as db:
            return naming.free_name(wanted, set(db.execute(select(schema.runs.c.name)).scalars()))

    def get(self, run_id: str) -> Run:
        """The run with exactly this id; `BadInput` if there is none."""
        with self.engine.connect() as db:
            row = db.execute(select(schema.runs).where(schema.runs.c.id == run_id)).mappings().first()
        if row is None:
            raise BadInput(
                "There is no run “{run_id}” any more. It may have been deleted. Choose another.", run_id=run_id
            )
        return self.as_run(row)

    def find(self, text: str, *, only: bool = False) -> Run:
        """The run meant by an id, a name (the newest of that name), or an unambiguous start of an id. With `only` no
        other run may be meant."""
        runs = self.all()
        exact = [run for run in runs if run.id == text]
        named = [run for run in runs if run.name == text]
        starts = [run for run in runs if text and run.id.startswith(text)]
        meant = exact or ([*named, *starts] if only else named[:1] or starts)
        if len({run.id for run in meant}) > 1:
            ids = ", ".join(run.id for run in meant[:8])
            raise BadInput("{text_!r} could be any of these runs: {ids}. Type more of its id.", text_=text, ids=ids)
        if not meant:
            raise BadInput("There is no run {text_!r}. See all with: {command} runs", text_=text, command=COMMAND)
        return meant[0]

    def all(self, states: Sequence[str] | None = None, limit: int | None = None) -> list[Run]:
        """Runs, newest first."""
        query = select(schema.runs).order_by(schema.runs.c.created.desc()).limit(limit)
        if states is not None:
            query = query.where(schema.runs.c.state.in_(states))
        with self.engine.connect() as db:
            return [self.as_run(row) for row in db.execute(query).mappings()]

    def as_run(self, row: Any) -> Run:
        """The run of a row; its settings are checked once."""
        try:
            if row["config"] is None:
                raise BadInput("they are damaged")
            config = self.configs.get(row["id"]) or RunConfig.from_dict(row["config"])
        except Problem as error:
            unreadable = Problem(UNREADABLE, reason=str(error))
            unread = {
                "config": RunConfig(),
                "state": "failed",
                "summary": None,
                "message": str(unreadable),
                "outcome": None,
            }
            return Run(**{**row, **unread, "tags": row["tags"] or []})
        self.configs[row["id"]] = config
        return Run(**{**row, "config": config, "tags": row["tags"] or [], "message": told(row)})

    def ids(self) -> list[str]:
        """Of all runs, oldest first."""
        with self.engine.connect() as db:
            return list(db.execute(select(schema.runs.c.id).order_by(schema.runs.c.created)).scalars())

    def queue(self, limit: int | None = None) -> list[Run]:
        """Runs that wait, next one first."""
        query = select(schema.runs).where(schema.runs.c.state == "queued").order_by(schema.runs.c.queued)
        with self.engine.connect() as db:
            waiting = (self.as_run(row) for row in db.execute(query).mappings())
            return list(islice((run for run in waiting if run.state == "queued"), limit))  # not what cannot be read

    # Changing runs

    def change(self, run_id: str, **values: Any) -> None:
        """Set columns of a run: name, tags, notes, stage, progress, summary and so on."""
        with self.engine.begin() as db:
            db.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(**values))

    def move(self, run_id: str, to: State, *, only_from: Sequence[str], **values: Any) -> bool:
        """Change a run's state if it is in one of `only_from`; False if it was not (somebody was quicker)."""
        table = schema.runs
        with self.engine.begin() as db:
            result = db.execute(
                update(table)
                .where(table.c.id == run_id, table.c.state.in_(only_from))
                .values(state=to, requested_action=None, **values)
            )
            return result.rowcount == 1

    def requested_action(self, run_id: str) -> str | None:
        """What a person asked of this run since it started: `pause`, `cancel`, or nothing."""
        with self.engine.connect() as db:
            return db.execute(select(schema.runs.c.requested_action).where(schema.runs.c.id == run_id)).scalar()

    def remove(self, run_id: str) -> None:
        """Delete the row and all its numbers. The folder is the caller's to remove."""
        with self.engine.begin() as db:
            for table, column in (
                (schema.steps, schema.steps.c.run),
                (schema.epochs, schema.epochs.c.run),
                (schema.runs, schema.runs.c.id),
            ):
                db.execute(delete(table).where(column == run_id))

    # Numbers

    def report(self, run_id: str, steps: Iterable[StepRow] = (), epoch: EpochRow | None = None, **values: Any) -> None:
        """Write new numbers and columns of the run at once. Rows already there are replaced, so a resumed run
        may report again what it had. After a power cut the last ones may be missing; a checkpoint has the epochs."""
        with self.engine.begin() as db:
            database.make_light(db)
            put(db, schema.steps, [columns(run_id, row) for row in steps])
            put(db, schema.epochs, [columns(run_id, row) for row in ([epoch] if epoch else [])])
            if values:
                db.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(**values))

    def rewind(self, run_id: str, step: int) -> None:
        """Forget numbers after `step`: a resumed run computes those steps again."""
        with self.engine.begin() as db:
            for table in (schema.steps, schema.epochs):
                db.execute(delete(table).where(table.c.run == run_id, table.c.step > step))

    def epochs(self, run_id: str) -> list[EpochRow]:
        """Epoch 0 first."""
        table = schema.epochs
        query = select(table.c.epoch, table.c.step, table.c.metrics, table.c.seconds)
        with self.engine.connect() as db:
            rows = db.execute(query.where(table.c.run == run_id).order_by(table.c.epoch)).all()
        metrics = read_objects([row[2] for row in rows])
        return [EpochRow(row[0], row[1], read, row[3]) for row, read in zip(rows, metrics, strict=True)]

    def steps(self, run_id: str, after: int = -1) -> list[StepRow]:
        """Rows with a step number above `after`, oldest first."""
        table = schema.steps
        query = select(table.c.step, table.c.epoch, table.c.metrics, table.c.seconds).order_by(table.c.step)
        with self.engine.connect() as db:
            rows = db.execute(query.where(table.c.run == run_id, table.c.step > after)).all()
        metrics = read_objects([row[2] for row in rows])
        return [StepRow(row[0], row[1], read, row[3]) for row, read in zip(rows, metrics, strict=True)]


def columns(run_id: str, row: EpochRow | StepRow) -> dict[str, Any]:
    """The row as its table keeps it."""
    metrics = write_json(row.metrics)
    return {"run": run_id, "step": row.step, "epoch": row.epoch, "metrics": metrics, "seconds": row.seconds}


def told(row: Any) -> str:
    """Why a run ended, in a sentence: made now, for whoever reads."""
    try:
        return str(Problem.from_dict(row["outcome"])) if row["outcome"] else str(row["message"])
    except (LookupError, TypeError, AttributeError, ValueError):  # damaged, or of a newer version
        return str(row["message"])


def put(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, or replace those with the same keys."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    same = [table.c[key] == bindparam(f"old_{key}") for key in keys]
    db.execute(delete(table).where(*same), [{f"old_{key}": row[key] for key in keys} for row in rows])
    db.execute(insert(table), rows)


@cache
def open_store(url: str) -> Store:
    """The store at this URL; one engine a process, safe to share between threads."""
    return Store(url)
