"""Opens the database of the store: SQLite in WAL mode by default, or any database that SQLAlchemy supports. Creates the
tables, or brings those of an older version up to date."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, inspect, select
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import BadInput, Problem, Unwritable, reason
from core.locale import _
from core.runs import migrations, schema
from core.runs.json_columns import read_json


def open_engine(url: str) -> Engine:
    """The database at this SQLAlchemy URL, with the tables of this version. `BadInput` if the URL names no usable
    database, `Problem` if a newer version made it; its errors, now or later, are raised as `Unwritable`."""
    shown = url
    try:
        parsed = make_url(url)
        shown = parsed.render_as_string()  # without its password
        if parsed.get_backend_name() == "sqlite":
            make_folder(parsed)
        engine = create_engine(parsed, json_deserializer=read_json)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", tune_sqlite)
            event.listen(engine, "checkin", make_lasting)
        event.listen(engine, "handle_error", as_problem)
        bring_up_to_date(engine, shown)
        return engine
    except (ArgumentError, ModuleNotFoundError) as error:  # no address, or of a kind that is not installed
        raise BadInput(
            "EPOCHLAB_DB is {shown}, which is no database that can be used here: write it as "
            "sqlite:////folder/epochlab.db, or install the driver that it needs.",
            shown=shown,
        ) from error
    except OSError as error:
        raise Problem(
            "The store {shown} cannot be opened ({reason}). Check that EPOCHLAB_HOME or EPOCHLAB_DB names a "
            "place that can be written to.",
            shown=shown,
            reason=reason(error),
        ) from error


def make_folder(url: URL) -> None:
    """Make the folder of SQLite's file."""
    if url.database in (None, "", ":memory:"):
        raise BadInput(
            "EPOCHLAB_DB is {url}, a store in the memory of one process, where no worker finds a run: name a "
            "file, as sqlite:////folder/epochlab.db, or leave it out.",
            url=url,
        )
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)


def bring_up_to_date(engine: Engine, shown: str) -> None:
    """Make the tables, or change those of an older version into these, as one transaction. `Problem` if a newer
    version of Epochlab has made them."""
    with engine.connect() as db:
        if version_of(db) == schema.VERSION:
            return
        db.rollback()
        if engine.dialect.name == "sqlite":
            db.exec_driver_sql("BEGIN IMMEDIATE")  # other processes cannot write now; an earlier one is done
        version = version_of(db)
        if version > schema.VERSION:
            raise Problem(
                "The store {shown} was made by a newer version of Epochlab, and this one would harm it. Install "
                "the newer one again, or let EPOCHLAB_HOME name another folder.",
                shown=shown,
            )
        if version:
            for number in range(version + 1, schema.VERSION + 1):
                migrations.CHANGES[number](db)
        schema.metadata.create_all(db)
        db.execute(delete(schema.about))
        db.execute(insert(schema.about).values(version=schema.VERSION))
        db.commit()


def version_of(db: Connection) -> int:
    """The version of the existing tables; 0 if there are none."""
    tables = inspect(db).get_table_names()
    if schema.about.name in tables:
        versions = list(db.execute(select(schema.about.c.version)).scalars())
        if len(versions) != 1 or not isinstance(versions[0], int):
            place = db.engine.url.render_as_string()
            raise Problem(
                "The store {place} is damaged: it does not say which version made it. Bring an earlier copy "
                "back, or let EPOCHLAB_HOME name another folder.",
                place=place,
            )
        return versions[0]
    return 1 if schema.runs.name in tables else 0


def as_problem(context: ExceptionContext) -> None:
    """Turn any error of the database into `Unwritable`, with a sentence: the same request may succeed later."""
    place = context.engine.url.render_as_string() if context.engine else _("of the runs")
    error = context.original_exception
    cure = _(
        "Check that EPOCHLAB_HOME or EPOCHLAB_DB names a place that can be written to, and that its disk is not full."
    )
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
        cure = _("Another program has locked it for a long time. Try again when that program has finished.")
    raise Unwritable(
        "The store {place} cannot be used ({reason}). {cure}", place=place, reason=reason(error), cure=cure
    ) from error


def tune_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets pages read while a worker writes; writers wait for each other up to 10 s."""
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    end = time.monotonic() + 10
    while True:
        try:  # for this change SQLite does not wait by itself
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.01)


def make_light(db: Connection) -> None:
    """The next transaction need not wait for the disk: its content can be computed again. WAL writes it to the disk
    with a later transaction, or from time to time."""
    if db.dialect.name == "sqlite":
        db.info["light"] = True
        db.exec_driver_sql("PRAGMA synchronous=NORMAL")


def make_lasting(connection: Any, record: Any) -> None:
    """Return to the rule: what was committed survives a power cut."""
    if record.info.pop("light", False) and connection is not None:
        try:
            connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            record.invalidate()  # the next one is opened anew
