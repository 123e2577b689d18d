"""A browser that is slow, as in a cheap laptop or a telephone: what is clicked is shown, and stays."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import House
from tests.browser.serving import NAME_PX, press_cell
from tests.browser.test_road import lasting, no_exception, prepare_digits, run_of
from tests.conftest import LONG

pytestmark = [pytest.mark.browser, pytest.mark.slow, LONG, pytest.mark.timeout(1200)]

TIMES = 9  # of each of four ways at each of three speeds: a hundred clicks
STAYS_MS = 1500  # several ticks of a page, each of which might bring back what was there before


@pytest.fixture(params=[1, 4, 6])
def slow(request: pytest.FixtureRequest, browse: Callable) -> Iterator[Callable]:
    """Opens a tab whose processor is as many times slower."""

    def tab() -> Any:
        page = browse()
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": request.param})
        return page

    return tab


def shows(page: Any, name: str, run: str) -> None:
    """The run is shown, in the link and in its heading, and is so still after some ticks."""
    page.get_by_role("heading", name=name).wait_for()
    page.wait_for_function("id => new URLSearchParams(location.search).get('run') === id", arg=run)
    page.wait_for_timeout(STAYS_MS)
    assert run_of(page) == run
    assert page.get_by_role("heading", name=name).is_visible()
    no_exception(page)


def test_a_click_on_start_shows_its_run(server: str, slow: Callable) -> None:
    page = slow()
    prepare_digits(page, server)
    seen = set()
    for time in range(TIMES):
        epochs = 2 + time
        run = lasting(page, server, epochs)
        shows(page, f"Digits in seconds · Epochs {epochs}", run)
        assert run not in seen
        seen.add(run)


def test_a_link_of_home_shows_its_run(lived_in: House, slow: Callable) -> None:
    page = slow()
    for time in range(TIMES):
        page.goto(lived_in.address)
        place = time % 3
        name = f"Small CNN {9 - place}"
        page.get_by_role("link", name=name, exact=True).click()
        shows(page, name, lived_in.runs[place])


def test_a_row_of_compare_shows_its_run(lived_in: House, slow: Callable) -> None:
    page = slow()
    page.goto(f"{lived_in.address}/Compare")
    page.locator(".js-plotly-plot .scatterlayer path.js-line").first.wait_for(state="attached")
    for time in range(TIMES):
        place = time % 3
        with page.context.expect_page(timeout=120_000) as opened:
            press_cell(page, NAME_PX, place)
        shows(opened.value, f"Small CNN {9 - place}", lived_in.runs[place])
        opened.value.close()


def test_a_link_of_predict_shows_its_recipe(lived_in: House, slow: Callable) -> None:
    page = slow()
    for _ in range(TIMES):
        page.goto(f"{lived_in.address}/Predict?run={lived_in.runs[-1]}")
        page.get_by_role("link", name="Train on MNIST").click()
        page.wait_for_function(
            """() => new URLSearchParams(location.search).get('recipe') === 'mnist-fast'
                && document.querySelector("input[aria-label='Start from']")?.value.startsWith('MNIST, fast')"""
        )
        page.wait_for_timeout(STAYS_MS)
        assert "recipe=mnist-fast" in page.url
        no_exception(page)
