"""A real server on a workspace of one's own, and what a browser needs to visit it: for tests, and for measuring."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from pages.compare.run_table import HEADER_PX, ROW_HEIGHT_PX

ROOT = Path(__file__).parents[2]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving test picture
    "--use-fake-ui-for-media-stream",  # and a person who allows it
]
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy this machine has
NAMES = ("chromium", "google-chrome", "chromium-browser")

TICK_PX, NAME_PX = 18, 60  # pixels from the left edge of the table of runs to a row's tick, and to its name
CHART = ".epochlab-chart"
SETTLED = """() => document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner]')
    && [...document.querySelectorAll('.epochlab-chart')].every(chart => !chart.offsetParent || chart.dataset.drawn)"""
# In each frame: is it still the same node, and are lines drawn on it?
WATCH = """() => {
  const node = document.querySelector('.epochlab-chart');
  window.seen = {frames: 0, gone: 0, blank: 0, changes: 0, points: []};
  let last = -1;
  const look = () => {
    const drawn = node.querySelectorAll('.scatterlayer .trace path.js-line').length;
    window.seen.frames += 1;
    window.seen.gone += document.querySelector('.epochlab-chart') !== node || !node.isConnected;
    window.seen.blank += drawn === 0;
    const points = Math.max(0, ...(node.data || []).map(trace => trace.x.length));
    if (points !== last) { window.seen.changes += 1; window.seen.points.push(points); last = points; }
    window.look = requestAnimationFrame(look);
  };
  look();
}"""
RANGES = "() => ['xaxis', 'yaxis'].map(axis => document.querySelector('.epochlab-chart').layout[axis].range)"


def chromium() -> str | None:
    """The path of an installed browser."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def appears(what: Any, seconds: float) -> bool:
    """Whether one of Playwright's locators is in sight within so long."""
    from playwright.sync_api import TimeoutError

    try:
        what.wait_for(timeout=1000 * seconds)
    except TimeoutError:
        return False
    return True


def settled(page: Any) -> None:
    """Until the page has been run to its end, and its charts are drawn: what stands on it then stays where it is."""
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(150)  # milliseconds: a tick that has begun
    page.wait_for_function(SETTLED)


def press_cell(page: Any, column_px: int, row: int) -> None:
    """Press in the table of runs of Compare, so many pixels from its left edge, in that row, 0 the first."""
    settled(page)
    table = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
    place = table["x"] + column_px, table["y"] + HEADER_PX + (row + 0.5) * ROW_HEIGHT_PX
    page.mouse.move(*place)
    page.wait_for_timeout(300)  # as a hand does: the table knows what it is over before it is pressed
    page.mouse.click(*place, delay=60)


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, and its process."""

    address: str
    process: subprocess.Popen


@contextmanager
def serving(
    home: Path,
    data: Path | None = None,
    *,
    app: Path = ROOT / "app.py",
    workers_stay: bool = False,
    spare: bool = True,
    time_steps: bool = False,
    more: Sequence[str] = (),
    port: int = 0,
) -> Iterator[Server]:
    """A server on the workspace `home`, with `more` options, which answers already, at `port` or a free one. Its
    workers end with it, or else stay as they do. Without a `spare` it keeps no worker ready, which would import torch
    for nothing where nothing is trained."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = port or free.getsockname()[1]
    environment = {**os.environ, "EPOCHLAB_HOME": str(home), "EPOCHLAB_ROOTS": str(home.parent)}
    environment["EPOCHLAB_TIME_STEPS"] = str(int(time_steps))
    for name in ("EPOCHLAB_DATA", "EPOCHLAB_RUNS", "EPOCHLAB_DB"):
        environment.pop(name, None)
    if data is not None:
        environment["EPOCHLAB_DATA"] = str(data)
    (home / "runs").mkdir(parents=True, exist_ok=True)
    options = ["--server.headless=true", "--server.showEmailPrompt=false", f"--server.port={port}", *more]
    command = [sys.executable, "-m", "streamlit", "run", app.name, *options]
    with ExitStack() as held:
        if not spare:
            held.enter_context(FileLock(home / "runs" / "spare.lock"))
        with open(home / "server.log", "wb") as log:
            process = subprocess.Popen(
                command, cwd=app.parent, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        server = Server(f"http://localhost:{port}", process)
        try:
            await_answer(server, home / "server.log")
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            if not workers_stay:
                end_workers(home)


def await_answer(server: Server, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.process.poll() is None, f"the server ended: {log.read_text()}"
        with suppress(OSError), DIRECTLY.open(f"{server.address}/_stcore/health", timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("the server did not answer within a minute")


def end_workers(home: Path) -> None:
    """Workers outlive the server, by design; here they end."""
    for pid in workers(home):
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM)


def workers(home: Path) -> list[int]:
    """The processes of a workspace's workers. Each is known by the workspace in its environment."""
    mark, found = f"EPOCHLAB_HOME={home}\0".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes() and b"core.runs.worker" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
