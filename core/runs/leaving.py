"""Whether this process shall leave. A worker that `python -m core worker` has started does so when that one is told to
stop or has ended: the end of its input says so, whatever has ended the other."""

import sys
import threading

_asked = threading.Event()


def watch() -> None:
    """Leave once the input ends."""
    threading.Thread(target=_wait, name="leaving", daemon=True).start()


def _wait() -> None:
    while sys.stdin.buffer.read(1):
        pass
    _asked.set()


def asked() -> bool:
    return _asked.is_set()
