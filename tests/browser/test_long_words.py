"""Words that are 40 % longer, as in many languages, break no layout: no page scrolls sideways, on a telephone or a
screen. The server has a catalogue of such words where it looks for English ones, in a copy of the app."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from core.files.paths import Workspace
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.translations import DOMAIN
from tests.browser import serving
from tests.conftest import but_for
from tests.locale.pseudo import OPEN, translated
from tests.locale.template import template
from tests.pages.makers import numbered, really_trained

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = ("", "Data?data=mnist", "Train?run={run}", "Compare", "Predict?run={run}")
# By how many pixels the page, or the part of it that scrolls up and down, is wider than what is seen of it.
WIDE = """() => Math.max(...[document.documentElement, document.querySelector('[data-testid=stMain]')]
    .map(node => node.scrollWidth - node.clientWidth))"""
# What sticks out of the window, to say so in the failure. A box that scrolls by itself may hold wider things.
CULPRITS = """() => [...document.querySelectorAll('[data-testid=stMain] *')]
    .filter(node => node.getBoundingClientRect().right > innerWidth + 1)
    .slice(-3).map(node => `${node.tagName} ${node.dataset.testid || ''} ${node.innerText.slice(0, 60)}`)"""


@pytest.fixture(scope="module")
def long_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app in a folder of its own, whose English is the language that nobody speaks."""
    folder = tmp_path_factory.mktemp("app")
    for name in ("core", "pages", ".streamlit"):
        shutil.copytree(serving.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(serving.ROOT / "app.py", folder)
    words = Catalog()
    for message in template():
        if message.id:
            several = isinstance(message.id, tuple)
            words.add(message.id, tuple(map(translated, message.id)) if several else translated(message.id))
    place = folder / "core" / "locale" / "catalogues" / "en" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, words)
    return folder / "app.py"


@pytest.fixture(scope="module")
def address(long_words: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server with runs to show, and one run's id."""
    home = tmp_path_factory.mktemp("home")
    store = f"sqlite:///{home / 'epochlab.db'}"
    lab = Lab(Workspace(home, home / "data", store), SqlStore(store))
    run = really_trained(lab, "9-1")
    numbered(lab, "9-2")
    with serving.serving(home, app=long_words, spare=False) as server:
        yield server.address, run.id


@pytest.mark.parametrize("page", but_for(PAGES, ("", "Train?run={run}", "Predict?run={run}")))
def test_no_page_scrolls_sideways(page: str, browse: Callable, address: tuple[str, str]) -> None:
    tab = browse()
    for width in (390, 1400):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(f"{address[0]}/{page.format(run=address[1])}")
        tab.get_by_test_id("stMain").get_by_text(OPEN).first.wait_for()
        tab.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
        tab.wait_for_timeout(1000)  # charts and tables find their width after the words are there
        assert tab.evaluate(WIDE) <= 0, (width, tab.evaluate(CULPRITS))
