"""Whether this process shall leave. A worker that `python -m core worker` has started does so when that one is told to
stop or has ended: the end of its input says so, whatever has ended the other."""

import os
import threading

_asked = threading.Event()


def watch() -> None:
    """Leave once the input ends."""
    threading.Thread(target=_wait, name="leaving", daemon=True).start()


def _wait() -> None:
    while os.read(0, 1):  # past Python's own buffer, whose lock would be held when this process ends
        pass
    _asked.set()


def asked() -> bool:
    return _asked.is_set()
