"""How the tables of an older version become those of the next one, on any database that SQLAlchemy reaches."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, MetaData, Table, create_engine, insert, select

from core.runs import schema
from core.runs.json_columns import write_json

ROWS_AT_ONCE = 5000  # rows copied at once


def add_oom_counters(db: Connection) -> None:
    """Version 2 keeps the counters of the system that were read when a worker began."""
    db.exec_driver_sql("ALTER TABLE runs ADD COLUMN vitals JSON")


def to_version_3(db: Connection) -> None:
    """Version 3 keeps the numbers of steps and epochs by name, where each had a column of its own; it keeps why a run
    ended as a message's text and values; and two columns have the names that they have everywhere else."""
    db.exec_driver_sql("ALTER TABLE runs ADD COLUMN outcome JSON")
    db.exec_driver_sql("ALTER TABLE runs RENAME COLUMN vitals TO oom_counters")
    db.exec_driver_sql("ALTER TABLE runs RENAME COLUMN wish TO requested_action")
    for table in (schema.steps, schema.epochs):
        copy_by_name(db, table)


def copy_by_name(db: Connection, table: Table) -> None:
    """Bring a table that has a column for every number into the form of `table`, of the same name."""
    old = Table(table.name, MetaData(), autoload_with=db, resolve_fks=False)
    apart = MetaData()
    schema.runs.to_metadata(apart)  # the table that its foreign key refers to
    new = table.to_metadata(apart, name=f"{table.name}_3")  # the old one's constraints have its own name
    new.drop(db, checkfirst=True)  # left by an interrupted change, where a transaction does not cover tables
    new.create(db)
    for run in db.execute(select(schema.runs.c.id)).scalars().all():
        for rows in lots(db, old, run):
            db.execute(insert(new), rows)
    old.drop(db)
    db.exec_driver_sql(f"ALTER TABLE {new.name} RENAME TO {table.name}")


def lots(db: Connection, old: Table, run: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of a run in their new form, some thousand at a time."""
    kept = ("run", "epoch", "step", "seconds")
    names = [column.name for column in old.columns if column.name not in kept]
    query = select(*(old.c[name] for name in (*kept, *names))).where(old.c.run == run).limit(ROWS_AT_ONCE)
    key = old.c[old.name.removesuffix("s")]  # a run has one row a step, or one an epoch
    last = -1
    while found := db.execute(query.where(key > last).order_by(key)).all():
        rows = [
            dict(zip(kept, row, strict=False))
            | {"metrics": write_json(dict(zip(names, row[len(kept) :], strict=True)))}
            for row in found
        ]
        yield rows
        last = rows[-1][key.name]


def add_origin(db: Connection) -> None:
    """Version 4 keeps where a run began that goes on from another one."""
    db.exec_driver_sql("ALTER TABLE runs ADD COLUMN origin JSON")


def to_version_5(db: Connection) -> None:
    """Version 5 keeps where a run's worker is; and JSON as text, also where a database has a type for it, which refuses
    NaN. In SQLite it was text."""
    db.exec_driver_sql("ALTER TABLE runs ADD COLUMN place TEXT")
    if db.dialect.name != "sqlite":
        for name in ("config", "tags", "oom_counters", "outcome", "summary", "origin"):
            db.exec_driver_sql(f"ALTER TABLE runs ALTER COLUMN {name} TYPE TEXT USING {name}::text")


def add_attempt(db: Connection) -> None:
    """Version 6 counts how often a run was claimed, so that an earlier worker of it can be refused."""
    db.exec_driver_sql("ALTER TABLE runs ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0")


def add_computers(db: Connection) -> None:
    """Version 7 keeps which images a run learns from, so that computers can tell whether theirs are the same; and which
    computers there are, in a table that is made with the others."""
    db.exec_driver_sql("ALTER TABLE runs ADD COLUMN fingerprint TEXT")


CHANGES: dict[int, Callable[[Connection], None]] = {
    2: add_oom_counters,
    3: to_version_3,
    4: add_origin,
    5: to_version_5,
    6: add_attempt,
    7: add_computers,
}


def newer(tables: dict[str, list[dict[str, Any]]], version: int) -> dict[str, list[dict[str, Any]]]:
    """Rows that a store of that version kept, by their table, as those of this one. A column may hold JSON or what JSON
    would be read as; `ValueError` for a name that can be no column's."""
    engine = create_engine("sqlite://")
    with engine.begin() as db:
        for table, rows in tables.items():
            names = sorted({name for row in rows for name in row}) or schema.metadata.tables[table].columns.keys()
            if not all(name.isidentifier() and name.isascii() for name in (table, *names)):
                raise ValueError(f"no columns: {table}")
            db.exec_driver_sql(f"CREATE TABLE {table} ({', '.join(names)})")
            for row in rows:
                values = [write_json(one) if isinstance(one, dict | list) else one for one in map(row.get, names)]
                marks = ", ".join("?" * len(names))
                db.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", tuple(values))
        for number in range(version + 1, schema.VERSION + 1):
            CHANGES[number](db)
        found = {}
        for table in tables:
            kept = schema.metadata.tables[table]
            found[table] = [dict(row._mapping) for row in db.execute(select(kept))]
    return found
