"""PostgreSQL: a server, for the processes of many computers."""

import re
from functools import cache
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.dialects.postgresql import insert
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
ENGINE: dict[str, Any] = {
    "connect_args": {"connect_timeout": 10, "application_name": "epochlab", **KEEPALIVES},
}
LOCKS_OF_SESSIONS = True
# Classes of SQLSTATE: the connection failed; the server stops, crashed, or is not up yet.
UNREACHABLE = ("08", "57P")
# The server has answered and let nobody in: of a connection that could not be made there are words alone.
REFUSED = re.compile(r"password|pg_hba|does not exist|not permitted|no encryption")


def usable(url: URL) -> URL:
    if url.drivername not in ("postgresql", "postgres", f"postgresql+{DRIVER}"):
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
    """Its connections need nothing more."""


def alone(db: Connection) -> None:
    db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")


@cache
def put(table: Table) -> Insert:
    query = insert(table)
    keys = [column.name for column in table.primary_key]
    new = {column.name: column for column in query.excluded if column.name not in keys}
    return query.on_conflict_do_update(index_elements=keys, set_=new)


def make_light(db: Connection) -> None:
    """The server writes it to the disk within some tenths of a second."""
    db.exec_driver_sql("SET LOCAL synchronous_commit = off")


def lock_session(db: Connection, key: int, *, shared: bool) -> None:
    for name, value in KEEPALIVES.items():  # the server's own, by which it notices
        db.exec_driver_sql(f"SET {name if name.startswith('tcp_') else f'tcp_{name}'} = {value}")
    db.exec_driver_sql(f"SELECT pg_advisory_lock{'_shared' if shared else ''}({key})")


def is_locked(db: Connection, key: int) -> bool:
    free = db.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({key})").scalar()  # left at the transaction's end
    return not free


def is_unreachable(error: BaseException) -> bool:
    import psycopg

    # A connection that could not be made has no SQLSTATE.
    state = error.sqlstate if isinstance(error, psycopg.OperationalError) else "-"
    return state is None or state.startswith(UNREACHABLE)


def cure(error: BaseException) -> str:
    if is_unreachable(error):
        if REFUSED.search(str(error)):
            return _(
                "Check the user, the password and the name of the database in EPOCHLAB_DB, or the line for them in "
                "~/.pgpass, and what pg_hba.conf on the server allows."
            )
        return _("Check that the server of EPOCHLAB_DB is running and can be reached from this computer.")
    return _("Check that the user of EPOCHLAB_DB may write to that database, and that the server's disk is not full.")
