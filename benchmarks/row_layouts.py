"""How the numbers of a run's steps are best kept: three layouts of a table in SQLite, one Markdown table.

    python -m benchmarks.row_layouts [--tiny]

This folder's README.md says what each column measures. The layout of the store is "JSON".
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    select,
)

from benchmarks.side_by_side import machine, median, say, table
from core.runs import database
from core.runs.json_columns import read_objects, write_json
from core.runs.sql_store import SqlStore, columns, put
from core.runs.store import StepRow
from tests.runs.earlier import earlier_version

LOT = 2000  # rows written at once
USUAL = ("loss", "accuracy", "lr", "images_per_second")


def tables(*columns: Column, name: str) -> Table:
    run, step = Column("run", String(12), primary_key=True), Column("step", Integer, primary_key=True)
    return Table(name, MetaData(), run, step, *columns, sqlite_with_rowid=False)


class Named:
    """JSON: one object of all values."""

    def __init__(self) -> None:
        self.table = tables(Column("epoch", Float), Column("metrics", Text), Column("seconds", Float), name="named")
        self.tables = (self.table,)

    def write(self, db: Connection, run: str, rows: Sequence[StepRow]) -> None:
        put(db, self.table, [columns(run, row) for row in rows])

    def read(self, db: Connection, run: str, after: int) -> list[StepRow]:
        own = self.table.c
        query = select(own.step, own.epoch, own.metrics, own.seconds).where(own.run == run, own.step > after)
        rows = db.execute(query.order_by(own.step)).all()
        return [StepRow(r[0], r[1], m, r[3]) for r, m in zip(rows, read_objects([row[2] for row in rows]), strict=True)]


class Long:
    """A row for every value, and one for every step."""

    def __init__(self) -> None:
        self.steps = tables(Column("epoch", Float), Column("seconds", Float), name="long_steps")
        self.values = tables(Column("name", String(64), primary_key=True), Column("value", Float), name="long_values")
        self.tables = (self.steps, self.values)

    def write(self, db: Connection, run: str, rows: Sequence[StepRow]) -> None:
        put(db, self.steps, [{"run": run, "step": r.step, "epoch": r.epoch, "seconds": r.seconds} for r in rows])
        values = [{"run": run, "step": r.step, "name": n, "value": v} for r in rows for n, v in r.metrics.items()]
        put(db, self.values, values)

    def read(self, db: Connection, run: str, after: int) -> list[StepRow]:
        own, values = self.steps.c, self.values.c
        found: dict[int, dict] = {}
        query = select(values.step, values.name, values.value).where(values.run == run, values.step > after)
        for step, name, value in db.execute(query.order_by(values.step)):
            found.setdefault(step, {})[name] = value
        steps = select(own.step, own.epoch, own.seconds).where(own.run == run, own.step > after).order_by(own.step)
        return [StepRow(step, epoch, found[step], seconds) for step, epoch, seconds in db.execute(steps)]


class Hot:
    """Columns for the four usual values, JSON for any others."""

    def __init__(self) -> None:
        usual = [Column(name, Float) for name in USUAL]
        self.table = tables(Column("epoch", Float), *usual, Column("more", Text), Column("seconds", Float), name="hot")
        self.tables = (self.table,)

    def write(self, db: Connection, run: str, rows: Sequence[StepRow]) -> None:
        put(db, self.table, [self.columns(run, row) for row in rows])

    def columns(self, run: str, row: StepRow) -> dict:
        more = {name: value for name, value in row.metrics.items() if name not in USUAL}
        usual = {name: row[name] for name in USUAL}
        own = {"run": run, "step": row.step, "epoch": row.epoch, "seconds": row.seconds}
        return own | usual | {"more": write_json(more) if more else None}

    def read(self, db: Connection, run: str, after: int) -> list[StepRow]:
        own = self.table.c
        query = select(own.step, own.epoch, *(own[name] for name in USUAL), own.more, own.seconds)
        found = []
        for row in db.execute(query.where(own.run == run, own.step > after).order_by(own.step)):
            metrics = dict(zip(USUAL, row[2:6], strict=True))
            found.append(StepRow(row[0], row[1], metrics | json.loads(row[6]) if row[6] else metrics, row[7]))
        return found


LAYOUTS = {"JSON": Named, "a row for every value": Long, "columns, and JSON for more": Hot}


def step_rows(seed: int, first: int, count: int, values: int) -> Iterator[StepRow]:
    names = [*USUAL, *(f"another_metric_{number}" for number in range(values - len(USUAL)))]
    noise = np.random.default_rng([seed, first])
    for step in range(first, first + count):
        yield StepRow(step, step / 100, dict(zip(names, noise.random(values).tolist(), strict=True)), step / 50)


def took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(folder: Path, kind: str, values: int, runs: int, steps: int, times: int) -> tuple[str, ...]:
    """One row of the table."""
    layout, file = LAYOUTS[kind](), folder / f"{kind.split()[0]}-{values}.db"
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", database.tune_sqlite)
    for one in layout.tables:
        one.create(engine)
    filling = sum(took(lambda run=run: fill(engine, layout, run, steps, values)) for run in range(runs))
    size = sum(path.stat().st_size for path in folder.glob(f"{file.name}*"))

    def read(run: int, after: int) -> list[StepRow]:
        with engine.connect() as db:
            return layout.read(db, str(run), after)

    assert read(1, -1) == list(step_rows(1, 1, steps, values))
    whole = [took(lambda: [read(run, -1) for run in range(runs)]) for _ in range(times)]
    newest = [took(lambda: read(0, steps - 2)) for _ in range(20 * times)]
    one = [took(lambda step=step: fill(engine, layout, 0, 1, values, steps + step)) for step in range(1, 20 * times)]
    engine.dispose()
    return (str(values), kind, f"{size / 1e6:.1f} MB", f"{filling:.2f} s", f"{median(whole):.2f} s",
            f"{1000 * median(newest):.2f} ms", f"{1000 * median(one):.2f} ms")  # fmt: skip


def fill(engine: Engine, layout: "Named | Long | Hot", run: int, steps: int, values: int, first: int = 1) -> None:
    rows = list(step_rows(run, first, steps, values))
    for start in range(0, steps, LOT):
        with engine.begin() as db:
            database.make_light(db)
            layout.write(db, str(run), rows[start : start + LOT])


def upgrade(folder: Path, runs: int, steps: int) -> str:
    """Seconds to open a store of version 2."""
    earlier_version(folder / "earlier.db", 2, runs, steps)
    return f"{took(lambda: SqlStore(f'sqlite:///{folder}/earlier.db')):.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.row_layouts", description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="few rows: to see that it runs")
    runs, steps, times = (2, 50, 1) if parser.parse_args().tiny else (20, 10_000, 5)
    rows = []
    with TemporaryDirectory() as folder:
        for values in (4, 8):
            for kind in LAYOUTS:
                say(f"{kind}, {values} values a step")
                rows.append(measure(Path(folder), kind, values, runs, steps, times))
        upgraded = upgrade(Path(folder), runs, steps)
    print(table(("values a step", "layout", "files", "all written", "all read", "newest read", "one written"), rows))
    print(f"\nA store of version 2 with as many steps is opened, and brought up to date, in {upgraded}.\n\n{machine()}")


if __name__ == "__main__":
    main()
