"""Whether a worker on any computer still trains a run: it holds a lock of the database's for as long as its connection
lasts, and the server frees the lock of a process that has died or cannot be reached any more."""

import hashlib
import threading
from contextlib import suppress

from sqlalchemy import Connection, Engine, exc

from core.errors import Unwritable
from core.runs.database import KINDS

LOOK_INTERVAL_S = 2.0  # seconds between two looks at whether the connection still stands
ERRORS = (Unwritable, exc.SQLAlchemyError)


def key_of(name: str) -> int:
    """The number of the lock of a run or of a computer, of 64 bits with a sign, as the database wants it."""
    return int.from_bytes(hashlib.sha256(f"epochlab run {name}".encode()).digest()[:8], signed=True)


class Hold:
    """Held by the worker of a run, on a connection of its own. Where that is lost, as when the server starts anew, a
    thread takes the lock again on another one; does nothing where the kind of database has no such locks. Several
    processes hold a `shared` one."""

    def __init__(self, engine: Engine, name: str, *, shared: bool = False) -> None:
        self.engine, self.key, self.shared = engine, key_of(name), shared
        self.kind = KINDS[engine.dialect.name]
        self.ended = threading.Event()
        self.db: Connection | None = None
        if self.kind.LOCKS_OF_SESSIONS:
            self.look()
            threading.Thread(target=self.keep, name="hold", daemon=True).start()

    @property
    def taken(self) -> bool:
        return self.db is not None or not self.kind.LOCKS_OF_SESSIONS

    def acquire(self) -> None:
        """Take the lock, if nobody else keeps it."""
        self.db = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self.kind.lock_session(self.db, self.key, shared=self.shared)

    def keep(self) -> None:
        while not self.ended.wait(LOOK_INTERVAL_S):
            self.look()
        self.drop()

    def look(self) -> None:
        """Take the lock, or see whether its connection still stands. Raises nothing: while the server does not answer,
        nobody else is told that the run is held by nobody."""
        db = self.db
        try:
            if db is None:
                self.acquire()
            else:
                db.exec_driver_sql("SELECT 1")
        except ERRORS:
            self.drop()

    def drop(self) -> None:
        """Close the connection, and with it leave the lock."""
        db, self.db = self.db, None
        if db is not None:
            with suppress(*ERRORS):
                db.invalidate()
            with suppress(*ERRORS):
                db.close()

    def release(self) -> None:
        """Leave the lock at once."""
        self.ended.set()
        self.drop()
