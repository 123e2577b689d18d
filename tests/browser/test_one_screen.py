"""Train is one screen: the few settings, Start, the progress and the curves, before, while and after a run."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.serving import CHART
from tests.browser.test_road import drawn, no_exception, prepare_digits, run_of, set_epochs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEIGHT = 900
FORM = ("Learning rate", "Epochs", "Batch size", "Optimizer")
PLACE = """words => {
  const chosen = '[data-testid=stWidgetLabel], button';
  const all = [...document.querySelectorAll(chosen)];
  const found = all.find(one => one.textContent.includes(words) && one.getClientRects().length);
  const box = found?.getBoundingClientRect();
  return box ? [box.top, box.bottom] : null;
}"""


LEGEND = f"""words => JSON.stringify(words) ===
    JSON.stringify([...document.querySelectorAll('{CHART} .legendtext')].map(one => one.textContent))"""


TWO_ROWS_ABOVE_HEADING = f"""() => {{
  const [legend, heading] = ['.legend', '.annotation-text'].map(one =>
      document.querySelector('{CHART} ' + one)?.getBoundingClientRect());
  return legend?.height > 40 && legend.bottom <= heading?.top;
}}"""


def in_sight(page: Any, *words: str) -> None:
    page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    for one in words:
        place = page.evaluate(PLACE, one)
        assert place and place[0] >= 0 and place[1] <= HEIGHT, (one, place)


def chart_top(page: Any) -> float:
    page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    top: float = page.locator(CHART).bounding_box()["y"]
    return top


def chart_in_sight(page: Any) -> None:
    """Loss and accuracy, each whole."""
    page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    for panel in page.locator(f"{CHART} .nsewdrag").all()[:2]:
        box = panel.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= HEIGHT, box


def scrolled(page: Any) -> float:
    top: float = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop")
    return top


def from_page_top(page: Any, words: str) -> float:
    """Where a control stands, in pixels from the top of the page, however far it is scrolled."""
    return float(page.evaluate(PLACE, words)[0]) + scrolled(page)


def set_rate(page: Any, rate: str) -> None:
    box = page.get_by_label("Learning rate, exactly")
    box.fill(rate)
    box.press("Enter")


def test_settings_start_progress_and_curves_are_in_sight(server: str, browse: Callable) -> None:
    page = browse()
    page.set_viewport_size({"width": 1400, "height": HEIGHT})
    prepare_digits(page, server)
    page.get_by_text("There are no runs yet. Press Start training").wait_for()
    in_sight(page, *FORM, "Start training")

    set_epochs(page, 8)
    places = [from_page_top(page, words) for words in FORM]
    set_rate(page, "0.002")
    page.get_by_role("button", name="Learning rate 0.001 → 0.002").wait_for()
    assert [from_page_top(page, words) for words in FORM] == places, "the form jumps at its first change"
    page.get_by_role("button", name="Start training").click()
    drawn(page)
    first = run_of(page)
    in_sight(page, *FORM, "Start training")
    chart_in_sight(page)
    assert page.get_by_role("progressbar").first.is_visible()
    top = chart_top(page)
    assert page.get_by_label("Learning rate, exactly").input_value() == "0.002", "starting empties no form"

    page.get_by_text("Test accuracy", exact=True).wait_for(timeout=180_000)
    in_sight(page, *FORM, "Start training")
    chart_in_sight(page)
    assert abs(chart_top(page) - top) <= 2, "the chart jumps when a run ends"

    # The next run: the one before stands behind it, and what differs is told; nothing is lost by a reload.
    set_rate(page, "0.01")
    chip = page.get_by_role("button", name="Learning rate 0.001 → 0.01")
    chip.wait_for()
    page.keyboard.press("Alt+Enter")  # starts like a click
    page.wait_for_url(lambda url: f"run={first}" not in url)
    page.get_by_text("Since then: Learning rate 0.002 → 0.01").wait_for(timeout=90_000)
    drawn(page)
    page.wait_for_function(LEGEND, arg=["the run before", "training", "validation"])
    in_sight(page, *FORM, "Start training")
    second = run_of(page)
    page.reload()
    chip.wait_for()
    assert page.get_by_label("Learning rate, exactly").input_value() == "0.01" and run_of(page) == second
    page.get_by_text("95 % interval", exact=False).first.wait_for(timeout=180_000)
    no_exception(page)


def test_what_was_set_survives_a_visit_elsewhere_and_the_way_back(server: str, browse: Callable) -> None:
    page = browse()
    prepare_digits(page, server)
    set_rate(page, "0.02")
    page.get_by_role("button", name="Learning rate 0.001 → 0.02").wait_for()
    page.wait_for_function("() => location.search.includes('optimizer.lr=0.02')")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Data").click()
    page.get_by_role("heading", name="Data", exact=True).wait_for()
    page.go_back()
    page.get_by_role("button", name="Learning rate 0.001 → 0.02").wait_for()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Home").click()
    page.get_by_role("button", name="Train on digits").wait_for()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Train").click()
    page.get_by_role("button", name="Learning rate 0.001 → 0.02").wait_for()
    no_exception(page)


def test_on_a_telephone_the_curves_come_first_while_it_trains_and_start_is_in_reach(
    server: str, browse: Callable
) -> None:
    page = browse()
    page.set_viewport_size({"width": 390, "height": 844})
    prepare_digits(page, server)
    box = page.get_by_label("Epochs, exactly")
    box.fill("900")
    box.press("Enter")
    start = page.get_by_role("button", name="Start training")
    page.get_by_role("button", name="Epochs 20 → 900").wait_for()
    start.click()
    drawn(page)
    page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    form = page.get_by_text("Start from", exact=True).bounding_box()
    assert page.locator(CHART).bounding_box()["y"] < 500 < form["y"]
    place = start.bounding_box()
    assert place["y"] + place["height"] <= 844

    # Once more, from far down: the new run comes into sight, and a legend of two rows lies on no heading.
    top = chart_top(page)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Resume").wait_for()
    box.fill("901")
    box.press("Enter")
    page.get_by_role("button", name="Epochs 20 → 901").wait_for()
    assert scrolled(page) > 500
    start.click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollTop === 0")
    page.wait_for_function(LEGEND, arg=["the run before", "training", "validation"])
    page.wait_for_function(TWO_ROWS_ABOVE_HEADING)
    assert abs(chart_top(page) - top) <= 2, "the chart stands elsewhere while a run trains"
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Resume").wait_for()
    no_exception(page)
