"""Whether a living process holds a lock. The system frees a lock when its holder dies, whatever killed it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import Unwritable, reason


def held(path: Path) -> bool:
    """Whether somebody holds this lock, which is nobody's if there is no such file. `Unwritable` where that cannot be
    told."""
    try:
        with openable(path):
            if not path.exists():
                return False
        lock = taken(path)
    except Unwritable:
        if os.path.isfile(path) and (told := held_there(path)) is not None:
            return told
        raise
    if lock is None:
        return True
    lock.release()
    return False


def taken(path: Path) -> FileLock | None:
    """The lock, which this process holds from now on; None if somebody else does. `Unwritable` where it cannot be
    had."""
    lock = FileLock(path)
    with openable(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
    return lock


@contextmanager
def openable(path: Path) -> Iterator[None]:
    """What the system refuses about a lock's file, as a sentence."""
    try:
        yield
    except OSError as error:
        raise Unwritable(
            "{path} cannot be opened ({reason}), so nobody can tell whether a process is at work there. "
            "Check its permissions, and that its disk can be written to.",
            path=path,
            reason=reason(error),
        ) from error


def held_there(path: Path) -> bool | None:
    """The same of a file that may be read alone, as on a disk that takes no more; None where that cannot be told."""
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
