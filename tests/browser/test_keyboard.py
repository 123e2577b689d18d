"""Runs are chosen for comparison with the keyboard alone, and by whichever control, both and the link agree."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import House
from tests.browser.serving import CHART, TICK_PX, press_cell
from tests.conftest import LONG

pytestmark = pytest.mark.browser

MAX_TABS = 80  # presses of Tab until whatever is wanted must have the focus: twice around the page
LABEL = "() => document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"


def tab_to(page: Any, label: str) -> None:
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        if (page.evaluate(LABEL) or "").startswith(label):
            return
    raise AssertionError(f"{label} cannot be reached")


def in_link(page: Any) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("runs", [""])[0].split(",")


def drawn(page: Any, count: int) -> None:
    """Until the chart has so many runs, by the letters at their lines' ends."""
    page.wait_for_function(
        f"""count => new Set([...document.querySelectorAll('{CHART} .annotation-text')].map(one => one.textContent)
            .filter(words => /^[A-Z]$/.test(words))).size === count""",
        arg=count,
    )


def test_runs_are_added_found_by_name_and_taken_out_with_the_keyboard(lived_in: House, browse: Callable) -> None:
    runs = lived_in.runs
    page = browse()
    page.goto(f"{lived_in.address}/Compare?runs={runs[0]},{runs[1]}")
    drawn(page, 2)
    tab_to(page, "check_box")  # the sign of the button that tells how many are compared
    page.keyboard.press("Enter")
    tab_to(page, "Compared runs")
    page.keyboard.press("ArrowDown")  # opens the list; the first that is not chosen yet is taken
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawn(page, 3)
    assert len(in_link(page)) == 3 and {*runs[:2]} < {*in_link(page)}
    page.keyboard.type("seen twice")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    drawn(page, 4)
    assert runs[-1] in in_link(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Backspace")  # the last one goes
    drawn(page, 3)
    assert runs[-1] not in in_link(page)
    page.get_by_text("Compared: 3 of 10").wait_for()


def test_a_ticked_row_is_in_the_box_and_what_leaves_the_box_is_not_ticked(lived_in: House, browse: Callable) -> None:
    runs = lived_in.runs
    page = browse()
    page.goto(f"{lived_in.address}/Compare?runs={runs[0]}")
    drawn(page, 1)
    press_cell(page, TICK_PX, 1)
    drawn(page, 2)
    assert in_link(page) == runs[:2]
    page.get_by_text("Compared: 2 of 10").click()
    tags = page.get_by_role("group", name="Selected values")
    tags.get_by_text("Small CNN 8", exact=True).wait_for()
    tags.get_by_role("button", name="Remove Small CNN 9").click()
    page.get_by_text("Compared: 1 of 10").wait_for()
    drawn(page, 1)
    assert in_link(page) == [runs[1]]
    page.go_back()
    page.get_by_text("Compared: 2 of 10").wait_for()
    tags.get_by_text("Small CNN 9", exact=True).wait_for()
    assert in_link(page) == runs[:2]


@LONG
def test_each_compared_run_is_opened_with_the_keyboard(lived_in: House, browse: Callable) -> None:
    page = browse()
    runs = [lived_in.runs[1], lived_in.runs[-1]]
    page.goto(f"{lived_in.address}/Compare?runs={','.join(runs)}")
    drawn(page, 2)
    tab_to(page, "check_box")
    page.keyboard.press("Enter")
    for run in runs:
        tab_to_link(page, f"run={run}")
        with page.context.expect_page() as opened:
            page.keyboard.press("Enter")
        opened.value.wait_for_function("id => new URLSearchParams(location.search).get('run') === id", arg=run)
        opened.value.close()


def tab_to_link(page: Any, address: str) -> None:
    """Until a link to this address has the focus."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        if address in (page.evaluate("() => document.activeElement.href") or ""):
            return
    raise AssertionError(f"no link to {address} can be reached")
