"""PostgreSQL: a server, for the processes of many computers."""

import re
from functools import cache
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table, event
from sqlalchemy.engine import URL

from core.errors import BadInput
from core.locale import _
from core.program import INSTALLED

DRIVER = "psycopg"
PACKAGES = 'pip install "epochlab[postgres]"' if INSTALLED else 'pip install "psycopg[binary]>=3.3,<4"'
SCHEMA_LOCK = 0x45504F43484C4142  # any number that no other program takes: "EPOCHLAB" in ASCII
# A connection whose other end is gone is told within 10 s, and not after hours. With the system's own settings a pulled
# cable was still unnoticed after 70 s; with these it was told after 9.8 s.
KEEPALIVES = {"keepalives_idle": 4, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
CONNECT: dict[str, Any] = {
    "connect_timeout": 10,
    "application_name": "epochlab",
    "client_encoding": "utf8",  # without it, texts of a SQL_ASCII database come as bytes
    **KEEPALIVES,
}
LOCKS_OF_SESSIONS = True
ENCODINGS = ("UTF8", "SQL_ASCII")  # that keep any text
# Whoever tried to take the lock to see whether it is free would seem to hold it to all others who look.
IS_LOCKED = """SELECT CASE WHEN NOT pg_is_in_recovery() THEN EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = {high} AND objid = {low} AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) END"""
# For a lock that another connection has: one that is closed this moment. It may as well be of a computer that was
# quicker to take the same run.
LOCK_WAIT_MS = 500
# A transaction keeps the row that it has changed from all others. That of a computer which fell asleep in it is ended.
IDLE_MS = 10_000
# Classes of SQLSTATE: the connection failed; the server stops, crashed, or is not up yet; this transaction was ended,
# in favour of another one or as it was idle.
UNREACHABLE = ("08", "57P", "40", "25P03")
# The server has answered and let nobody in: of a connection that could not be made there are words alone.
REFUSED = re.compile(r"password|pg_hba|does not exist|not permitted|no encryption")


def usable(url: URL) -> URL:
    if url.drivername not in ("postgresql", f"postgresql+{DRIVER}"):
        raise BadInput(
            "EPOCHLAB_DB names the driver {driver}, which is not used here: write postgresql:// before the server.",
            driver=url.drivername,
        )
    if "@" in f"{url.host}{url.database}":
        raise BadInput("In EPOCHLAB_DB an @ that belongs to the password is written as %40, a / as %2F, a : as %3A.")
    if find_spec(DRIVER) is None:
        raise BadInput(
            "EPOCHLAB_DB is a PostgreSQL database, and the package that reaches one is not installed. Install it with: "
            "{command}",
            command=PACKAGES,
        )
    return url.set(drivername=f"postgresql+{DRIVER}")


def tune(engine: Engine) -> None:
    event.listen(engine, "connect", set_up)


def set_up(connection: Any, _record: Any) -> None:
    """Let the server, too, notice in time that the other end is gone."""
    limits = {name if name.startswith("tcp_") else f"tcp_{name}": value for name, value in KEEPALIVES.items()}
    limits["idle_in_transaction_session_timeout"] = IDLE_MS
    connection.autocommit = True
    connection.execute("; ".join(f"SET {name} = {value}" for name, value in limits.items()))
    connection.autocommit = False


def alone(db: Connection) -> None:
    encoding = db.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding not in ENCODINGS:
        raise BadInput(
            "The database of EPOCHLAB_DB keeps texts as {encoding}, which lacks most signs. Make another one: createdb "
            "--encoding=UTF8 --template=template0 NAME",
            encoding=encoding,
        )
    db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")


@cache
def put(table: Table) -> Insert:
    from sqlalchemy.dialects.postgresql import insert  # takes 30 ms, where there is no such server, too

    query = insert(table)
    keys = [column.name for column in table.primary_key]
    new = {column.name: column for column in query.excluded if column.name not in keys}
    return query.on_conflict_do_update(index_elements=keys, set_=new)


def make_light(db: Connection) -> None:
    """The server writes it to the disk within some tenths of a second."""
    db.exec_driver_sql("SET LOCAL synchronous_commit = off")


def number(db: Connection) -> int | None:
    return db.exec_driver_sql("SELECT txid_current_if_assigned()").scalar()


def is_committed(db: Connection, number: int) -> bool | None:
    """None where the server has not noticed yet that the connection is lost."""
    ends = {"committed": True, "aborted": False}
    return ends.get(str(db.exec_driver_sql(f"SELECT txid_status({number})").scalar()))


def lock_session(db: Connection, key: int, *, shared: bool) -> None:
    db.exec_driver_sql(f"SET lock_timeout = {LOCK_WAIT_MS}")
    db.exec_driver_sql(f"SELECT pg_advisory_lock{'_shared' if shared else ''}({key})")


def is_locked(db: Connection, key: int) -> bool | None:
    """None on a copy of the server that is only read, where nobody holds anything."""
    high, low = divmod(key % 2**64, 2**32)
    return db.exec_driver_sql(IS_LOCKED.format(high=high, low=low)).scalar()


def is_unreachable(error: BaseException) -> bool:
    import psycopg

    if not isinstance(error, psycopg.Error):
        return False
    # A connection that could not be made has no SQLSTATE.
    return error.sqlstate.startswith(UNREACHABLE) if error.sqlstate else isinstance(error, psycopg.OperationalError)


def cure(error: BaseException) -> str:
    if is_unreachable(error):
        if REFUSED.search(str(error)):
            return _(
                "Check the user, the password and the name of the database in EPOCHLAB_DB, or the line for them in "
                "~/.pgpass, and what pg_hba.conf on the server allows."
            )
        return _("Check that the server of EPOCHLAB_DB is running and can be reached from this computer.")
    return _("Check that the user of EPOCHLAB_DB may write to that database, and that the server's disk is not full.")
