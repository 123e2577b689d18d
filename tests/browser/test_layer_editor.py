"""Own layers with the keyboard alone and on a telephone: the controls stand below the row that is chosen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import House
from tests.browser.serving import settled
from tests.browser.test_keyboard import LABEL, tab_to

pytestmark = pytest.mark.browser

LINK = "Train?recipe=digits-quick&model.name=layers&model.layers=conv 8 3, relu, max_pool 2, flatten, dense 9"
ROWS = "[data-testid=stRadioGroup] > div"
PANEL = ".st-key-layer-panel"


def opened(page: Any, house: House) -> None:
    page.goto(f"{house.address}/{LINK}")
    fold = page.locator("summary").filter(has_text="Model").first
    fold.click()
    page.locator(PANEL).wait_for()
    # A press counts where the finger comes down and leaves again: not while the fold opens and a chart above arrives.
    page.wait_for_function(
        """panel => {
            const before = window.panelTop;
            window.panelTop = document.querySelector(panel).getBoundingClientRect().top;
            return before === window.panelTop;
        }""",
        arg=PANEL,
        polling=400,
    )


def layers_are(page: Any, wanted: str) -> None:
    page.wait_for_function("wanted => document.querySelector('.stMain textarea')?.value === wanted", arg=wanted)


def is_below(page: Any, row: int) -> None:
    """Until the controls stand between that row, from 0, and the next, and all rows are in order."""
    page.wait_for_function(
        """([rows, panel, row]) => {
            const all = [...document.querySelectorAll(rows)].map(one => one.getBoundingClientRect());
            const box = document.querySelector(panel).getBoundingClientRect();
            return all[row] && all.every((one, at) => !at || all[at - 1].bottom <= one.top)
                && all[row].bottom <= box.top && (!all[row + 1] || box.bottom <= all[row + 1].top);
        }""",
        arg=[ROWS, PANEL, row],
    )


def test_rows_are_chosen_changed_and_moved_with_the_keyboard_alone(lived_in: House, browse: Callable) -> None:
    page = browse()
    opened(page, lived_in)
    is_below(page, 0)
    page.locator(f"{ROWS} input").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.locator(PANEL).get_by_role("textbox", name="Window").wait_for()
    is_below(page, 2)
    tab_to(page, "Window")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    layers_are(page, "conv 8 3, relu, max_pool 3, flatten, dense 9")
    tab_to(page, "arrow_upward")
    page.keyboard.press("Enter")
    layers_are(page, "conv 8 3, max_pool 3, relu, flatten, dense 9")
    is_below(page, 1)
    assert "Up" in page.evaluate(LABEL)  # the focus is where it was
    tab_to(page, "arrow_downward")
    for wanted in (
        "conv 8 3, relu, max_pool 3, flatten, dense 9",
        "conv 8 3, relu, flatten, max_pool 3, dense 9",
    ):
        page.keyboard.press("Enter")
        layers_are(page, wanted)
    is_below(page, 3)
    page.get_by_text("it needs a picture").first.wait_for()
    down = page.get_by_role("button", name="Down", exact=True)
    page.locator(f"{ROWS} label").first.click()
    is_below(page, 0)
    down.evaluate("button => button.scrollIntoView({block: 'center'})")
    settled(page)
    place = down.bounding_box()
    for wanted in (
        "relu, conv 8 3, flatten, max_pool 3, dense 9",
        "relu, flatten, conv 8 3, max_pool 3, dense 9",
    ):  # pressed where it was: it stays under the pointer
        page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        layers_are(page, wanted)
        settled(page)
    page.wait_for_function("() => location.search.includes('flatten%2C+conv')")
    page.reload()
    page.locator(PANEL).wait_for(state="attached")
    layers_are(page, "relu, flatten, conv 8 3, max_pool 3, dense 9")


def test_on_a_telephone_a_row_is_opened_by_a_press_and_nothing_is_cut_off(lived_in: House, browse: Callable) -> None:
    page = browse()
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, lived_in)
    page.locator(f"{ROWS} label").nth(4).click()
    page.locator(PANEL).get_by_role("textbox", name="Neurons").wait_for()
    is_below(page, 4)
    page.get_by_role("button", name="Duplicate").click()
    layers_are(page, "conv 8 3, relu, max_pool 2, flatten, dense 9, dense 9")
    page.wait_for_function(
        """panel => document.documentElement.scrollWidth <= innerWidth
            && [...document.querySelectorAll(panel + ' :is(button, input)')]
                .every(one => one.getBoundingClientRect().right <= innerWidth)""",
        arg=PANEL,
    )
