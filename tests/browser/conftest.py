"""A real server and a real Chromium. Skipped with a reason where there is none, but a failure where CI is set."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "google-chrome", "chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        words = f"no browser: none of {', '.join(NAMES)} is on the PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    """The address of a server of the test's own, on an empty workspace. Its workers end with it."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EPOCHLAB_HOME": str(home)}
    for name in ("EPOCHLAB_DATA", "EPOCHLAB_DB"):
        environment.pop(name, None)
    home.mkdir(parents=True)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    address = f"http://localhost:{port}"
    try:
        await_server(address, process, home / "server.log")
        yield address
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        end_workers(home)


def await_server(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, f"the server ended: {log.read_text()}"
        with suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            return
        time.sleep(0.2)
    raise AssertionError("the server did not answer within a minute")


def end_workers(home: Path) -> None:
    """Workers outlive the server, by design; here they end. Each is known by the workspace in its environment."""
    mark = f"EPOCHLAB_HOME={home}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes() and b"core.runs.worker" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGTERM)


@pytest.fixture
def browse(chromium: str) -> Iterator[Callable]:
    """`browse()` opens a tab; the test fails at its end if the console told of an error."""
    sync_api = pytest.importorskip("playwright.sync_api")
    problems: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=ARGS)
        context = browser.new_context(viewport={"width": 1400, "height": 1000})

        def note(message) -> None:
            # Streamlit first looks for its own addresses below the page's; those misses are its way.
            if message.type == "error" and "_stcore" not in str(message.location.get("url", "")):
                problems.append(f"{message.text} {message.location}")

        def tab():
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("console", note)
            page.on("pageerror", lambda error: problems.append(str(error)))
            return page

        yield tab
        browser.close()
    assert not problems, problems
