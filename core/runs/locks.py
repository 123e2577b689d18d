"""Whether a living process holds a lock. The system frees a lock when its holder dies, whatever killed it."""

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import Unwritable, reason


def held(path: Path) -> bool:
    """Whether somebody holds this lock, which is nobody's if there is no such file. `Unwritable` where that cannot be
    told."""
    try:
        if not path.exists():
            return False
        lock = FileLock(path)
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError as error:
        if path.is_file() and (told := held_there(path)) is not None:
            return told
        raise Unwritable(
            f"{path} cannot be opened ({reason(error)}), so nobody can tell whether a process is at work there. Check "
            "its permissions, and that its disk can be written to."
        ) from error
    lock.release()
    return False


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
