"""SQLite: a file, in WAL mode, for the processes of one computer."""

import sqlite3
import time
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, event, insert
from sqlalchemy.engine import URL

from core.errors import BadInput
from core.locale import _

CONNECT: dict[str, Any] = {}
LOCKS_OF_SESSIONS = False  # its processes are of one computer, where files can be locked


def usable(url: URL) -> URL:
    """Make the folder of the file."""
    if url.database in (None, "", ":memory:"):
        raise BadInput(
            "EPOCHLAB_DB is {url}, a store in the memory of one process, where no worker finds a run: name a "
            "file, as sqlite:////folder/epochlab.db, or leave it out.",
            url=url,
        )
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    return url


def tune(engine: Engine) -> None:
    event.listen(engine, "connect", set_up)
    event.listen(engine, "checkin", make_lasting)


def set_up(connection: Any, _record: Any) -> None:
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


def alone(db: Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE")  # other processes cannot write now; an earlier one is done


@cache
def put(table: Table) -> Insert:
    return insert(table).prefix_with("OR REPLACE")


def make_light(db: Connection) -> None:
    """WAL writes it to the disk with a later transaction, or from time to time."""
    db.info["light"] = True
    db.exec_driver_sql("PRAGMA synchronous=NORMAL")


def make_lasting(connection: Any, record: Any) -> None:
    """Return to the rule: what was committed survives a power cut."""
    if record.info.pop("light", False) and connection is not None:
        try:
            connection.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error:
            record.invalidate()  # the next one is opened anew


def number(db: Connection) -> None:
    """A file does not lose its answer."""


def is_committed(db: Connection, number: int) -> None:
    """Never asked."""


def lock_session(db: Connection, key: int, *, shared: bool) -> None:
    """There are none."""


def is_locked(db: Connection, key: int) -> None:
    """It cannot tell."""


def is_unreachable(error: BaseException) -> bool:
    return False  # a file is there or is not


def cure(error: BaseException) -> str:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
        return _("Another program has locked it for a long time. Try again when that program has finished.")
    return _(
        "Check that EPOCHLAB_HOME or EPOCHLAB_DB names a place that can be written to, and that its disk is not full."
    )
