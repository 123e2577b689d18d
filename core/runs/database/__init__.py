"""Opens the database of the store, SQLite by default, or PostgreSQL. Creates the tables, or brings those of an older
version up to date."""

import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, Table, create_engine, delete, event, insert, inspect, select
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, TimeoutError

from core.errors import BadInput, Problem, Unwritable, reason
from core.locale import N_, _
from core.runs import migrations, schema
from core.runs.database import postgresql, sqlite
from core.runs.database.kind import Kind
from core.runs.outcomes import AWAY

KINDS: dict[str, Kind] = {"sqlite": sqlite, "postgresql": postgresql}
# In an address, also in one that cannot be read: what stands between the user and the server, whatever signs are in it,
# or after `password=`.
PASSWORD = re.compile(r"(^(?:[\w+.-]*:/+)?[^:]*:).*(?=@)|(password=)[^&]*", re.DOTALL | re.IGNORECASE)
SCHEME = re.compile(r"\s*([\w+.-]+)(?=://)")

RETRY_INTERVAL_S = 0.25
UNUSABLE = N_("The store {place} cannot be used ({reason}). {cure}")


class Unreachable(Unwritable):
    """The database does not answer now."""

    def __init__(self, **values: str) -> None:
        super().__init__(UNUSABLE, AWAY, **values)


class HasEngine(Protocol):
    """What is kept in a database."""

    engine: Engine
    patience: float  # seconds for which it waits for a database that does not answer


S = TypeVar("S", bound=HasEngine)
P = ParamSpec("P")
R = TypeVar("R")


def open_engine(url: str) -> Engine:
    """The database at this SQLAlchemy URL, with the tables of this version. `BadInput` if the URL names no usable
    database, `Problem` if a newer version made it; its errors, now or later, are raised as `Unwritable`."""
    try:
        if "\0" in unquote(url):  # the library of PostgreSQL would take what stands before it
            raise ValueError("a zero byte")
        parsed = make_url(SCHEME.sub(lambda scheme: scheme[1].lower(), url.strip(), count=1))
        if parsed.drivername == "postgres":
            parsed = parsed.set(drivername="postgresql")
        kind = KINDS.get(parsed.get_backend_name())
        if kind is None:
            raise NoSuchModuleError(parsed.drivername)
        parsed = kind.usable(parsed)
        engine = create_engine(parsed, connect_args={k: v for k, v in kind.CONNECT.items() if k not in parsed.query})
        kind.tune(engine)
        event.listen(engine, "handle_error", as_problem)
        bring_up_to_date(engine)
        return engine
    except (ArgumentError, ValueError) as error:  # no address, or of a kind that is not supported
        raise BadInput(
            "EPOCHLAB_DB is {shown}, which is no database that can be used here: write it as "
            "sqlite:////folder/epochlab.db or postgresql://user@server/database.",
            shown=without_password(url),
        ) from error
    except OSError as error:
        raise Problem(
            "The store {shown} cannot be opened ({reason}). Check that EPOCHLAB_HOME or EPOCHLAB_DB names a "
            "place that can be written to.",
            shown=without_password(url),
            reason=reason(error),
        ) from error


def bring_up_to_date(engine: Engine) -> None:
    """Make the tables, or change those of an older version into these, as one transaction. `Problem` if a newer
    version of Epochlab has made them."""
    with engine.connect() as db:
        if version_of(db) == schema.VERSION:
            return
        db.rollback()
        KINDS[engine.dialect.name].alone(db)
        version = version_of(db)
        if version > schema.VERSION:
            raise Problem(
                "The store {shown} was made by a newer version of Epochlab, and this one would harm it. Install "
                "the newer one again, or let EPOCHLAB_HOME or EPOCHLAB_DB name another one.",
                shown=shown(engine),
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
            raise Problem(
                "The store {place} is damaged: it does not say which version made it. Bring an earlier copy "
                "back, or let EPOCHLAB_HOME or EPOCHLAB_DB name another one.",
                place=shown(db.engine),
            )
        return versions[0]
    return 1 if schema.runs.name in tables else 0


def transaction(
    method: Callable[Concatenate[S, Connection, P], R], *, twice: bool = True
) -> Callable[Concatenate[S, P], R]:
    """Give a method of a store a connection, whose changes are made together at its end, or not at all. While the
    database does not answer, it is tried again for the store's `patience`; and once more at once, for the connection
    may be one that the server has closed since it was used last. To ask before each use would cost a round trip.

    A connection may also be lost after the server has made the changes, and before it could say so. Where a method
    must not do them `twice`, the server is asked, at the price of a round trip."""

    @wraps(method)
    def call(store: S, *args: P.args, **values: P.kwargs) -> R:
        began, waits = time.monotonic(), False
        done: tuple[R, int | None] | None = None  # what it gave, in which transaction, of which the end is not known
        while True:
            try:
                with store.engine.begin() as db:
                    kind = KINDS[db.dialect.name]
                    if done and done[1]:
                        committed = kind.is_committed(db, done[1])
                        if committed:
                            return done[0]
                        if committed is None:
                            raise too_slow(store.engine)
                    done = None
                    done = method(store, db, *args, **values), None if twice else kind.number(db)
                return done[0]
            except TimeoutError as error:  # of the pool, after half a minute
                raise too_slow(store.engine) from error
            except Unreachable:
                if waits and time.monotonic() - began > store.patience:  # which may have become less
                    raise
            if waits:
                time.sleep(RETRY_INTERVAL_S)
            waits = True

    return cast(Callable[Concatenate[S, P], R], call)


def once(method: Callable[Concatenate[S, Connection, P], R]) -> Callable[Concatenate[S, P], R]:
    """A `transaction` that is never made twice."""
    return transaction(method, twice=False)


def put(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows, or replace those with the same keys."""
    if rows:
        db.execute(KINDS[db.dialect.name].put(table), rows)


def make_light(db: Connection) -> None:
    """This transaction need not wait for the disk: its content can be computed again."""
    KINDS[db.dialect.name].make_light(db)


def as_problem(context: ExceptionContext) -> None:
    """Turn any error of the database into `Unwritable`, with a sentence: the same request may succeed later."""
    error, kind = context.original_exception, KINDS[context.dialect.name]
    values = {
        "place": shown(context.engine) if context.engine else _("of the runs"),
        "reason": reason(error),
        "cure": kind.cure(error),
    }
    if kind.is_unreachable(error):
        raise Unreachable(**values) from error
    raise Unwritable(UNUSABLE, **values) from error


def too_slow(engine: Engine) -> Unreachable:
    return Unreachable(place=shown(engine), reason=_("it answers too slowly"), cure=_("Try again in a moment."))


def shown(engine: Engine) -> str:
    """Its address, for people."""
    return without_password(engine.url.set(drivername=engine.url.get_backend_name()).render_as_string())


def without_password(url: str) -> str:
    """The same address, also one that cannot be read, without what only its owner may know."""
    return PASSWORD.sub(r"\1\2***", url)
