"""What the store needs to know of a kind of database, beyond what SQLAlchemy does for all of them."""

from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.engine import URL


class Kind(Protocol):
    """SQLite or PostgreSQL: each is a module of this package."""

    # How a connection is made, where the address does not say otherwise.
    CONNECT: dict[str, Any]

    # Whether it has locks that last as long as a connection.
    LOCKS_OF_SESSIONS: bool

    def usable(self, url: URL) -> URL:
        """The address with the driver that is used here, and what it needs in place. `BadInput` if no store can be
        there, or if the driver is not installed."""

    def tune(self, engine: Engine) -> None:
        """Set what every connection of it needs."""

    def alone(self, db: Connection) -> None:
        """Begin a transaction that changes the tables: other processes that want the same wait until it ends."""

    def put(self, table: Table) -> Insert:
        """The statement that inserts rows, or replaces those with the same keys."""

    def make_light(self, db: Connection) -> None:
        """This transaction need not wait for the disk: its content can be computed again."""

    def number(self, db: Connection) -> int | None:
        """Of the transaction that is under way; None where it changes nothing, or where no answer is ever lost."""

    def is_committed(self, db: Connection, number: int) -> bool | None:
        """Whether the changes of that transaction were made; None while it is not over."""

    def lock_session(self, db: Connection, key: int, *, shared: bool) -> None:
        """Take a lock, which another may have for a moment, for as long as this connection lasts; a `shared` one is had
        by several. The server notices within 10 s that the computer at its other end is gone. An error if another
        connection keeps it."""

    def is_locked(self, db: Connection, key: int) -> bool | None:
        """Whether a connection has that lock; None where that cannot be told. Takes nothing."""

    def is_unreachable(self, error: BaseException) -> bool:
        """Whether the database does not answer now, as while it starts: the same request may succeed in a moment."""

    def cure(self, error: BaseException) -> str:
        """What a person can do about an error of it, in a sentence."""
