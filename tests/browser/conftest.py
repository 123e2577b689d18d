"""A real server and a real Chromium. Skipped with a reason where there is none, but a failure where CI is set."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser import serving


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


@pytest.fixture
def browse(chromium: str) -> Iterator[Callable]:
    """`browse()` opens a tab; the test fails at its end if the console told of an error."""
    sync_api = pytest.importorskip("playwright.sync_api")
    problems: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=serving.ARGS)
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
