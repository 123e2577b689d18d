"""Whether a living process holds a lock. The system frees a lock when its holder dies, whatever killed it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import Unwritable, reason


def is_locked(path: Path) -> bool:
    """Whether a process holds this lock; no process does if there is no such file. `Unwritable` where that cannot be
    found out."""
    try:
        with openable(path):
            if not path.exists():
                return False
        lock = try_acquire(path)
    except Unwritable:
        if os.path.isfile(path) and (told := is_locked_read_only(path)) is not None:
            return told
        raise
    if lock is None:
        return True
    lock.release()
    return False


def try_acquire(path: Path) -> FileLock | None:
    """The lock, which this process holds from now on; None if another process holds it. `Unwritable` where it cannot
    be opened."""
    lock = FileLock(path)
    with openable(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
    return lock


@contextmanager
def openable(path: Path) -> Iterator[None]:
    """Turn an error of the system about a lock's file into `Unwritable`, with a sentence."""
    try:
        yield
    except OSError as error:
        raise Unwritable(
            "{path} cannot be opened ({reason}), so it is unknown whether a process is running there. "
            "Check its permissions, and that its disk can be written to.",
            path=path,
            reason=reason(error),
        ) from error


def is_locked_read_only(path: Path) -> bool | None:
    """`is_locked` for a file that can only be read, as on a disk without write access; None where that is unknown."""
    with suppress(ImportError, OSError):
        import fcntl

        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
    return None
