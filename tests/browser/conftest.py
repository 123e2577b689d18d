"""A real server and a real Chromium. Skipped with a reason where there is none, but a failure where CI is set."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.files.paths import Workspace
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from tests.browser import serving
from tests.pages.makers import numbered, really_trained


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


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    """The address of a server of the test's own, on an empty workspace. Its workers end with it."""
    with serving.serving(home) as server:
        yield server.address


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
    store = f"sqlite:///{home / 'epochlab.db'}"
    lab = Lab(Workspace(home, home / "data", store), SqlStore(store))
    runs = [really_trained(lab, "Digits, seen twice")]
    runs += [numbered(lab, f"Small CNN {place}", 0.8 + 0.015 * place) for place in range(1, 10)]
    with serving.serving(home) as server:
        yield House(server.address, [run.id for run in reversed(runs)])


@pytest.fixture(scope="session")
def empty_house(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A workspace as it is on the first day."""
    with serving.serving(tmp_path_factory.mktemp("empty")) as server:
        yield House(server.address, [])


@pytest.fixture
def browse(chromium: str) -> Iterator[Callable]:
    """`browse()` opens a tab; the test fails at its end if the console told of an error."""
    sync_api = pytest.importorskip("playwright.sync_api")
    problems: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=serving.ARGS)
        context = browser.new_context(viewport={"width": 1400, "height": 1000})

        def note(message) -> None:
            # Streamlit first looks for its own addresses below the page's, and goes on asking a server that is not
            # there; those misses are its way.
            if message.type == "error" and "_stcore" not in f"{message.text} {message.location.get('url', '')}":
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
