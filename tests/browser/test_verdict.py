"""A run that was set up badly says so beside its score, and one press starts the better one."""

from collections.abc import Callable

import pytest

from tests.browser.test_access import findings, settled
from tests.browser.test_one_screen import chart_in_sight, in_sight
from tests.browser.test_road import drawn, no_exception, prepare_digits, run_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_verdict_is_in_sight_and_its_button_starts_the_better_run(server: str, browse: Callable) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browse()
    page.set_viewport_size({"width": 1400, "height": 900})
    prepare_digits(page, server)
    for name, value, chip in (
        ("Learning rate", "1", "Learning rate 0.001 → 1"),
        ("Epochs", "2", "Epochs 20 → 2"),
    ):
        box = page.get_by_label(f"{name}, exactly")
        box.fill(value)
        box.press("Enter")
        page.get_by_role("button", name=chip).wait_for()
    page.get_by_role("button", name="Start training").click()
    drawn(page)
    first = run_of(page)
    card = page.locator(f".st-key-verdict-{first}")
    card.get_by_text("Diverged.").wait_for(timeout=60_000)
    beside = page.locator(f".st-key-status-{first}").get_by_text("Diverged")
    assert beside.bounding_box()["y"] < 400, "what the card is about stands above the curves"
    chart_in_sight(page)
    in_sight(page, "Learning rate", "Start training")
    assert findings(page, Axe().run) == []
    page.set_viewport_size({"width": 1400, "height": 900})
    settled(page)

    button = card.get_by_role("button", name="Apply and rerun")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"run={first}" not in url)
    page.get_by_role("button", name="Learning rate 1 → 0.001").wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollTop === 0")  # the new run's top
    page.get_by_text("Since then: Learning rate 1 → 0.001").wait_for(timeout=90_000)
    second = run_of(page)
    page.locator(f".st-key-status-{second}").get_by_text("Test accuracy").wait_for(timeout=60_000)
    assert page.get_by_text("Diverged").count() == 0
    no_exception(page)
