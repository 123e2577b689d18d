"""The numbers of runs, by step and by epoch, in their tables; all within a transaction that the store has begun. What
is read is looked through: a damaged row is left out, and harms no other."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, literal, select

from core.runs import database, schema
from core.runs.json_columns import read_objects, write_json
from core.runs.row_check import are_finite, sound, sound_metrics
from core.runs.store import EpochRow, Origin, StepRow

TABLES = (schema.steps, schema.epochs)


def put(db: Connection, run_id: str, steps: Sequence[StepRow], epochs: Sequence[EpochRow]) -> None:
    """Insert rows, or replace those of the same step or epoch."""
    database.put(db, schema.steps, [columns(run_id, row) for row in steps])
    database.put(db, schema.epochs, [columns(run_id, row) for row in epochs])


def columns(run_id: str, row: EpochRow | StepRow) -> dict[str, Any]:
    """The row as its table keeps it."""
    metrics = write_json(row.metrics)
    return {"run": run_id, "step": row.step, "epoch": row.epoch, "metrics": metrics, "seconds": row.seconds}


def remove_after(db: Connection, run_id: str, step: int) -> None:
    """Remove what was reported after a step."""
    for table in TABLES:
        db.execute(delete(table).where(table.c.run == run_id, table.c.step > step))


def copy(db: Connection, origin: Origin, run_id: str) -> None:
    """Give a run the numbers that another one had up to the end of an epoch: they stay when that one is deleted."""
    end = select(schema.epochs.c.step).where(schema.epochs.c.run == origin.run, schema.epochs.c.epoch == origin.epoch)
    for table in TABLES:
        names = [column.name for column in table.columns if column.name != "run"]
        rows = select(literal(run_id), *(table.c[name] for name in names))
        rows = rows.where(table.c.run == origin.run, table.c.step <= end.scalar_subquery())
        db.execute(insert(table).from_select(["run", *names], rows))


def epochs(db: Connection, run_id: str) -> list[EpochRow]:
    """All of a run, in their order."""
    table = schema.epochs
    query = select(table.c.epoch, table.c.step, table.c.metrics, table.c.seconds)
    rows = db.execute(query.where(table.c.run == run_id).order_by(table.c.epoch)).all()
    metrics = sound_metrics(read_objects([row[2] for row in rows]))
    return [
        EpochRow(row[0], row[1], read, row[3])
        for row, read in zip(rows, metrics, strict=True)
        if all(map(sound, (row[0], row[1], row[3])))
    ]


def steps(db: Connection, run_id: str, after: int = -1) -> list[StepRow]:
    """Those of a run after a step, in their order."""
    table = schema.steps
    query = select(table.c.step, table.c.epoch, table.c.metrics, table.c.seconds).order_by(table.c.step)
    rows = db.execute(query.where(table.c.run == run_id, table.c.step > after)).all()
    if not are_finite(row[0] + row[1] + row[3] for row in rows):  # the quick look
        rows = [row for row in rows if are_finite((row[0], row[1], row[3]))]
    metrics = read_objects([row[2] for row in rows])
    if not all(type(value) is float for read in metrics for value in read.values()):  # the quick look
        metrics = sound_metrics(metrics)
    return [StepRow(row[0], row[1], read, row[3]) for row, read in zip(rows, metrics, strict=True)]
