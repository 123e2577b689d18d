"""Pages run by Streamlit's AppTest in a workspace of their own, with no worker started behind them."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core.cli.parser import main
from core.files import background_command
from core.files.paths import Workspace
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from tests.pages import makers

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session", autouse=True)
def components_found() -> Iterator[None]:
    """AppTest looks for components in all installed packages, whose files it opens, at each run of a page. They stay as
    they are: once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session", autouse=True)
def digits_of_makers(prepared_digits: Path) -> None:
    """What is really trained here need not prepare and measure them."""
    makers.digits = prepared_digits


@pytest.fixture
def timed_steps(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that rests has a few steps timed, in a process that imports torch; for other tests it need not."""
    monkeypatch.setenv("EPOCHLAB_TIME_STEPS", "1")


@pytest.fixture
def lab(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab that the pages of this test open. Runs that are submitted stay queued."""
    monkeypatch.setenv("EPOCHLAB_TIME_STEPS", "0")
    monkeypatch.setenv("EPOCHLAB_HOME", str(workspace.home))
    monkeypatch.setenv("EPOCHLAB_DATA", str(workspace.data))
    monkeypatch.setenv("EPOCHLAB_DB", workspace.database)
    monkeypatch.setenv("EPOCHLAB_ROOTS", str(workspace.home))
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    return Lab.open()


@pytest.fixture
def digits(lab: Lab, prepared_digits: Path) -> Lab:
    """The lab with the digits prepared."""
    shutil.copytree(prepared_digits, lab.workspace.cache / "digits")
    return lab


@pytest.fixture
def commands_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that a page starts beside itself is done in this process, before the page goes on."""

    def start(arguments: list[str], log: Path, *_: Any, **__: Any) -> "subprocess.Popen[bytes]":
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as output, redirect_stdout(output), redirect_stderr(output):
            status = main(arguments)
        child = subprocess.Popen([sys.executable, "-SEc", f"raise SystemExit({status})"])
        child.wait()
        return child

    monkeypatch.setattr(background_command, "start", start)


@pytest.fixture
def show(lab: Lab) -> Callable[..., AppTest]:
    """`show("pages/2_Train.py", run=ID)` runs a page and returns it; nothing may go wrong on it."""

    def run(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        if page != "app.py":
            app.switch_page(page)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return run
