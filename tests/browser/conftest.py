"""A real server and a real Chromium. Skipped with a reason where there is none, but a failure where CI is set."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.files.paths import Workspace
from core.insight.evaluation import image_predictions
from core.runs.lab import Lab
from core.runs.locks import is_locked
from core.runs.sql_store import SqlStore
from core.runs.store import ACTIVE
from tests.browser import serving
from tests.pages.makers import numbered, really_trained
from tests.runs.conftest import until

SIZE = {"width": 1400, "height": 1000}  # pixels of a tab


def require_chromium() -> str:
    found = serving.chromium()
    if found is None:
        words = f"no browser: none of {', '.join(serving.NAMES)} is on the PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return found


@pytest.fixture(scope="session")
def chromium() -> str:
    return require_chromium()


@pytest.fixture(scope="session")
def warm_server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """One server for one test after the other, and its workspace: torch is imported once, and a worker waits for the
    next run."""
    home = tmp_path_factory.mktemp("warm") / "home"
    with serving.serving(home) as server:
        yield server.address, home


@pytest.fixture
def first_server(warm_server: tuple[str, Path], tmp_path: Path) -> Iterator[str]:
    """The address of a server on a workspace in which nothing was ever done: of that one, if this test is the first
    that comes there (tests/conftest.py sees to it), or of another."""
    address, home = warm_server
    if (home / "epochlab.db").exists():
        with serving.serving(tmp_path / "home") as server:
            yield server.address
        return
    yield address
    remove_runs(lab_in(home))


@pytest.fixture
def server(warm_server: tuple[str, Path]) -> Iterator[str]:
    """The address of a server on a workspace without runs; it may have prepared the digits."""
    address, home = warm_server
    yield address
    remove_runs(lab_in(home))


def remove_runs(lab: Lab) -> None:
    """Once they have ended."""
    for run in lab.runs(states=ACTIVE):
        lab.cancel(run.id)
    until(lambda: not lab.runs(states=ACTIVE))
    for run in lab.runs():
        until(lambda run=run: not is_locked(lab.files.lock(run.id)))
        lab.delete(run.id)


@pytest.fixture
def home(warm_server: tuple[str, Path]) -> Path:
    """The workspace of `server`."""
    return warm_server[1]


def lab_in(home: Path) -> Lab:
    store = f"sqlite:///{home / 'epochlab.db'}"
    return Lab(Workspace(home, home / "data", store), SqlStore(store))


@dataclass(frozen=True)
class House:
    """A server that tests share, and the ids of its runs, newest first: all but the last have numbers alone, the last
    can answer."""

    address: str
    runs: list[str]


@pytest.fixture(scope="session")
def lived_in(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A workspace with ten runs; tests look at it and leave it as it is."""
    home = tmp_path_factory.mktemp("lived-in")
    lab = lab_in(home)
    runs = [really_trained(lab, "Digits, seen twice")]
    for split in ("test", "val"):
        image_predictions(runs[0], split, lab.workspace)
    runs += [numbered(lab, f"Small CNN {place}", 0.8 + 0.015 * place) for place in range(1, 10)]
    with serving.serving(home, spare=False) as server:
        yield House(server.address, [run.id for run in reversed(runs)])


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Any]:
    """One browser for all tests."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=serving.ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def window(browser: Any) -> Any:
    """What tabs share: once loaded and compiled, Streamlit's scripts are in its cache. The app keeps nothing there."""
    return browser.new_context(viewport=SIZE)


@pytest.fixture(scope="package")
def left() -> list[Any]:
    """The tab that one test leaves to the next: its process has Streamlit's scripts compiled, a quarter of the cost."""
    return []


@pytest.fixture
def browse(window: Any, left: list[Any]) -> Iterator[Callable]:
    """`browse()` opens a tab; the test fails at its end if the console told of an error."""
    problems: list[str] = []
    tabs: list[Any] = []

    def note(message: Any) -> None:
        # Streamlit first looks for its own addresses below the page's, and goes on asking a server that is not there;
        # those misses are its way.
        if message.type == "error" and "_stcore" not in f"{message.text} {message.location.get('url', '')}":
            problems.append(f"{message.text} {message.location}")

    def note_error(error: Any) -> None:
        problems.append(str(error))

    def tab() -> Any:
        page = left.pop() if left else window.new_page()
        tabs.append(page)
        page.set_default_timeout(120_000)
        page.on("console", note)
        page.on("pageerror", note_error)
        return page

    yield tab
    left += [page for page in tabs if not page.is_closed()][: 0 if left else 1]
    for page in window.pages:
        if page not in left:
            page.close()
        elif page in tabs:
            page.remove_listener("console", note)
            page.remove_listener("pageerror", note_error)
            page.unroute_all()
            page.goto("about:blank")
            page.set_viewport_size(SIZE)
    assert not problems, problems
