"""The command `epochlab` of an installed copy: alone it opens the app in the browser, with arguments it is the command
line, as `python -m core …` is in the project's folder.

In the wheel this file is `epochlab/__init__.py`, with `core`, `pages` and `app.py` beside it. These are top-level
modules in this process and in those it starts, and in no other: a `core` of another program is not replaced.
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
    """Run the server until it ends. When this process is ended, the server is ended with it."""
    with subprocess.Popen(SERVER) as server:
        for name in ("SIGTERM", "SIGHUP"):
            if told := getattr(signal, name, None):  # Windows has no SIGHUP
                signal.signal(told, lambda *_: server.terminate())
        while True:
            try:
                status = server.wait()
                return status if status >= 0 else 128 - status  # as a shell reports the signal that ended it
            except KeyboardInterrupt:  # the terminal has sent it to the server, too
                continue
