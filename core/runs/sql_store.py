"""The store in a database: SQLite in the workspace, or PostgreSQL on a server.

Each change is one short transaction, and a change of state is a single UPDATE, so two workers never claim the same
run.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.errors import BadInput
from core.program import COMMAND
from core.run_config import RunConfig
from core.runs import database, naming, run_numbers, schema
from core.runs.database import once, transaction
from core.runs.database.kind import Kind
from core.runs.hold import Hold, key_of
from core.runs.row_check import sound_refusals, sound_time
from core.runs.run_reader import RUN_COLUMNS, RunReader
from core.runs.store import (
    Computer,
    EpochRow,
    Origin,
    Refusal,
    Run,
    RunRows,
    State,
    StepRow,
    Superseded,
)

TAKEN_OVER = (
    "Another worker has taken over this run, or it was deleted, so this worker has stopped. What it did since then is "
    "not kept; the numbers of the run are those of the other worker."
)

LIGHT_S = 2.0  # seconds; PostgreSQL writes to the disk within 0.6 s what was not waited for (3 × wal_writer_delay)


class SqlStore:
    """Implements `Store`, which documents the methods."""

    def __init__(self, url: str) -> None:
        self.url, self.patience = url, 0.0
        self.engine = database.open_engine(url)
        self.reader = RunReader()
        self.light: deque[tuple[float, str, list[StepRow], list[EpochRow]]] = deque()  # when, of which run: as reported

    # Making and finding runs

    @once
    def add(
        self,
        db: Connection,
        /,
        config: RunConfig,
        name: str = "",
        *,
        recipe: str | None = None,
        state: State = "queued",
        origin: Origin | None = None,
        fingerprint: str | None = None,
    ) -> Run:
        now = time.time()
        of_run = select(schema.runs.c.id, schema.runs.c.name).where(schema.runs.c.id == config.model.of_run)
        source = {row.id: row.name for row in db.execute(of_run)}
        run = Run(
            id=naming.run_id(),
            name=naming.run_name(name) or self.free_name(naming.default_name(config, recipe, source)),
            state=state,
            config=config,
            created=now,
            queued=now,
            recipe=recipe,
            origin=origin,
            fingerprint=fingerprint,
        )
        db.execute(insert(schema.runs).values({**asdict(run), "config": config.to_dict()}))
        if origin:
            run_numbers.copy(db, origin, run.id)
        return run

    @transaction
    def free_name(self, db: Connection, /, wanted: str) -> str:
        return naming.free_name(wanted, set(db.execute(select(schema.runs.c.name)).scalars()))

    @transaction
    def get(self, db: Connection, /, run_id: str) -> Run:
        row = db.execute(select(*RUN_COLUMNS).where(schema.runs.c.id == run_id)).first()
        if row is None:
            raise BadInput(
                "There is no run {run_id:name} any more. It may have been deleted. Choose another.", run_id=run_id
            )
        return self.reader.run_of(row)

    def find(self, text: str, *, only: bool = False) -> Run:
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

    @transaction
    def all(self, db: Connection, /, states: Sequence[str] | None = None, limit: int | None = None) -> list[Run]:
        query = select(*RUN_COLUMNS).order_by(schema.runs.c.created.desc()).limit(limit)
        if states is not None:
            query = query.where(schema.runs.c.state.in_(states))
        return [self.reader.run_of(row) for row in db.execute(query)]

    @transaction
    def ids(self, db: Connection, /) -> list[str]:
        return list(db.execute(select(schema.runs.c.id).order_by(schema.runs.c.created)).scalars())

    @transaction
    def queue(self, db: Connection, /, limit: int | None = None) -> list[Run]:
        query = select(*RUN_COLUMNS).where(schema.runs.c.state == "queued").order_by(schema.runs.c.queued)
        waiting = (self.reader.run_of(row) for row in db.execute(query))
        return list(islice((run for run in waiting if run.state == "queued"), limit))  # without unreadable runs

    # Taking runs to another store

    def rows(self, run_id: str) -> RunRows:
        self.get(run_id)  # says so where there is none
        return RunRows(self.columns(run_id), self.epochs(run_id), self.steps(run_id))

    @transaction
    def columns(self, db: Connection, /, run_id: str) -> dict[str, Any]:
        """The row of a run, as JSON has it; {} if there is none."""
        row = db.execute(select(schema.runs).where(schema.runs.c.id == run_id)).first()
        return dict(row._mapping) if row else {}

    @once
    def add_rows(self, db: Connection, /, runs: Sequence[RunRows]) -> None:
        for run in runs:
            db.execute(insert(schema.runs).values(run.columns))
            run_numbers.put(db, run.columns["id"], run.steps, run.epochs)

    # Changing runs

    @transaction
    def change(self, db: Connection, /, run_id: str, *, attempt: int | None = None, **values: Any) -> None:
        set_fields(db, run_id, attempt, values)

    @once
    def move(
        self,
        db: Connection,
        /,
        run_id: str,
        to: State,
        *,
        only_from: Sequence[str],
        attempt: int | None = None,
        **values: Any,
    ) -> bool:
        table = schema.runs
        if to == "running" and attempt is None:
            values["attempt"] = table.c.attempt + 1
        if to == "queued":
            values |= {"message": "", "outcome": None, "finished": None}
        query = update(table).where(table.c.id == run_id, table.c.state.in_(only_from))
        if attempt is not None:
            query = query.where(table.c.attempt == attempt)
        moved = db.execute(query.values(state=to, requested_action=None, **values)).rowcount == 1
        if moved:
            self.put_rows(db, run_id, [], [])
        return moved

    @transaction
    def standing(self, db: Connection, /, run_id: str) -> tuple[State | None, str | None]:
        table = schema.runs
        row = db.execute(select(table.c.state, table.c.requested_action).where(table.c.id == run_id)).first()
        return (row.state, row.requested_action) if row else (None, None)

    @transaction
    def ask(self, db: Connection, /, run_id: str, action: str) -> bool:
        table = schema.runs
        query = update(table).where(table.c.id == run_id, table.c.state == "running")
        return db.execute(query.values(requested_action=action)).rowcount == 1

    @transaction
    def remove(self, db: Connection, /, run_id: str) -> None:
        for table, column in (
            (schema.steps, schema.steps.c.run),
            (schema.epochs, schema.epochs.c.run),
            (schema.runs, schema.runs.c.id),
        ):
            db.execute(delete(table).where(column == run_id))

    # Who trains a run

    def hold(self, run_id: str) -> Hold:
        return Hold(self.engine, run_id)

    @transaction
    def is_held(self, db: Connection, /, run_id: str) -> bool | None:
        return self.kind.is_locked(db, key_of(run_id))

    # Computers

    @property
    def kind(self) -> Kind:
        return database.KINDS[self.engine.dialect.name]

    @property
    def shared(self) -> bool:
        return self.kind.LOCKS_OF_SESSIONS

    def hold_computer(self, place: str) -> Hold:
        return Hold(self.engine, place, shared=True)

    @transaction
    def tell_computer(
        self,
        db: Connection,
        /,
        place: str,
        *,
        devices: list[str] | None = None,
        refused: dict[str, Refusal] | None = None,
    ) -> None:
        table, now = schema.computers, time.time()
        told: dict[str, Any] = {"heard": now}
        if devices is not None:
            told["devices"] = devices
        if refused is not None:
            told["refused"] = {run: asdict(refusal) for run, refusal in refused.items()}
        if db.execute(update(table).where(table.c.place == place).values(told)).rowcount == 0:
            new = {"place": place, "devices": [], "refused": {}, "since": now, **told}
            database.put(db, table, [new])  # its other process may have come in this moment

    @transaction
    def refused(self, db: Connection, /, place: str) -> dict[str, Refusal] | None:
        table = schema.computers
        row = db.execute(select(table.c.refused).where(table.c.place == place)).first()
        return None if row is None else sound_refusals(row.refused)

    @transaction
    def computers(self, db: Connection, /) -> list[Computer]:
        rows = db.execute(select(schema.computers).order_by(schema.computers.c.place)).all()
        return [
            Computer(
                row.place,
                [name for name in row.devices if isinstance(name, str)] if isinstance(row.devices, list) else [],
                sound_time(row.since),
                sound_time(row.heard),
                sound_refusals(row.refused),
                self.kind.is_locked(db, key_of(row.place)),
            )
            for row in rows
        ]

    @transaction
    def forget_computer(self, db: Connection, /, place: str) -> None:
        db.execute(delete(schema.computers).where(schema.computers.c.place == place))

    # Numbers

    @transaction
    def report(
        self,
        db: Connection,
        /,
        run_id: str,
        steps: Sequence[StepRow] = (),
        epoch: EpochRow | None = None,
        *,
        attempt: int | None = None,
        **values: Any,
    ) -> None:
        database.make_light(db)
        set_fields(db, run_id, attempt, values)
        self.put_rows(db, run_id, list(steps), [epoch] if epoch else [])

    def put_rows(self, db: Connection, run_id: str, steps: list[StepRow], epochs: list[EpochRow]) -> None:
        """Write numbers of a run, and those of the last moments once more where the server may have crashed since: it
        had not waited for the disk, and a new connection follows a crash."""
        before = [] if db.info.get("known") else [kept for kept in self.light if kept[1] == run_id]
        for _, _, old_steps, old_epochs in before:
            run_numbers.put(db, run_id, old_steps, old_epochs)
        run_numbers.put(db, run_id, steps, epochs)
        db.info["known"] = True
        if steps or epochs:
            self.light.append((time.monotonic(), run_id, steps, epochs))
            while self.light[-1][0] - self.light[0][0] > LIGHT_S:
                self.light.popleft()

    @transaction
    def rewind(self, db: Connection, /, run_id: str, step: int, *, attempt: int | None = None) -> None:
        set_fields(db, run_id, attempt, {})
        self.light.clear()
        run_numbers.remove_after(db, run_id, step)

    @transaction
    def epochs(self, db: Connection, /, run_id: str) -> list[EpochRow]:
        return run_numbers.epochs(db, run_id)

    @transaction
    def steps(self, db: Connection, /, run_id: str, after: int = -1) -> list[StepRow]:
        return run_numbers.steps(db, run_id, after)


def set_fields(db: Connection, run_id: str, attempt: int | None, values: dict[str, Any]) -> None:
    """Set fields of a run. With an `attempt`, no later one begins before this transaction ends, and `Superseded` if one
    has begun."""
    query = update(schema.runs).where(schema.runs.c.id == run_id)
    if attempt is not None:
        query, values = query.where(schema.runs.c.attempt == attempt), {"attempt": attempt, **values}
    if values and db.execute(query.values(**values)).rowcount == 0 and attempt is not None:
        raise Superseded(TAKEN_OVER)


@cache
def open_store(url: str) -> SqlStore:
    """The store at this URL; one engine a process, safe to share between threads."""
    return SqlStore(url)
