"""The command `epochlab` of an installed copy: alone it opens the app in the browser, with arguments it is the command
line, as `python -m core …` is in the project's folder.

In the wheel this file is `epochlab/__init__.py`, with `core`, `pages` and `app.py` beside it. These are modules of the
top level to this process and to those it starts, and to no other: whoever has a `core` of their own keeps it.
"""

import runpy
import signal
import subprocess
import sys
from pathlib import Path

INSTALLED_AT = (
    Path(__file__).resolve().parent
)  # holds core, pages, app.py and .streamlit, whose settings Streamlit reads
# -P: what lies in the current folder is no module of the server.
SERVER = (sys.executable, "-P", "-m", "streamlit", "run", str(INSTALLED_AT / "app.py"))


def main() -> int:
    """Run the command; returns its exit status."""
    if len(sys.argv) == 1:
        return serve()
    sys.path.insert(0, str(INSTALLED_AT))
    runpy.run_module("core", run_name="__main__", alter_sys=True)  # exits by itself
    return 0


def serve() -> int:
    """Run the server until it ends. Whoever ends this process ends the server with it."""
    with subprocess.Popen(SERVER) as server:
        for name in ("SIGTERM", "SIGHUP"):
            if told := getattr(signal, name, None):  # Windows has no SIGHUP
                signal.signal(told, lambda *_: server.terminate())
        while True:
            try:
                status = server.wait()
                return status if status >= 0 else 128 - status  # as a shell tells the signal that ended it
            except KeyboardInterrupt:  # the terminal has told the server, too
                continue
