"""The whole road in a browser: one click, curves that grow in place, a second run, compare, draw a digit."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.recipes import recipe
from core.runs.sql_store import SqlStore
from tests.browser.serving import CHART, RANGES, WATCH, appears
from tests.conftest import LONG

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ENABLED = "words => [...document.querySelectorAll('button')].some(b => b.innerText.includes(words) && !b.disabled)"
BUTTONS = "() => [...document.querySelectorAll('.modebar-btn')].map(button => button.dataset.title)"
PRESS = "words => [...document.querySelectorAll('button')].find(b => b.innerText.includes(words))?.click()"


def run_of(page: Any) -> str:
    """The run that the link names."""
    return parse_qs(urlsplit(page.url).query).get("run", [""])[0]


def lasting(page: Any, server: str, epochs: int) -> str:
    """Start a run on digits that lasts `epochs` epochs, from the form; returns its id."""
    before = run_of(page)
    page.goto(f"{server}/Train?recipe=digits-quick")
    set_epochs(page, epochs)
    page.get_by_role("button", name="Start training").click()
    page.get_by_role("heading", name=f"Digits in seconds · Epochs {epochs}").wait_for()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("run", [before])[0] != before)
    return run_of(page)


def set_epochs(page: Any, epochs: int) -> None:
    box = page.get_by_label("Epochs, exactly")
    box.fill(str(epochs))
    box.press("Enter")
    page.get_by_role("button", name=f"Epochs 20 → {epochs}").wait_for()


def drawn(page: Any) -> None:
    page.wait_for_function(
        f"() => document.querySelectorAll('{CHART} .scatterlayer path.js-line').length > 3", timeout=90_000
    )


def no_exception(page: Any) -> None:
    assert page.locator("[data-testid=stException]").count() == 0


def test_from_the_first_click_to_a_digit_read(first_server: str, browse: Callable) -> None:
    page = browse()
    page.goto(first_server)
    page.get_by_role("button", name="Train on digits").click()
    page.wait_for_url(re.compile(r"/Train\?run=\w+"))
    page.get_by_text("Test accuracy", exact=True).wait_for(timeout=180_000)
    assert page.locator(CHART).get_attribute("role") == "figure"
    assert "validation accuracy" in page.locator(CHART).get_attribute("aria-label")
    first = run_of(page)
    no_exception(page)

    # A second run, to compare with.
    second = lasting(page, first_server, 3)
    page.get_by_text("Test accuracy", exact=True).wait_for(timeout=180_000)
    assert first != second
    page.get_by_role("link", name="Compare runs").click()
    page.wait_for_url(re.compile(r"/Compare"))
    page.locator(".js-plotly-plot .scatterlayer path.js-line").nth(1).wait_for(state="attached")
    no_exception(page)

    # Draw a one, and have the first model read it.
    page.goto(f"{first_server}/Predict?run={first}")
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for()
    box = canvas.bounding_box()
    x, top, bottom = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.15, box["y"] + box["height"] * 0.85
    answer = page.get_by_role("status").get_by_text(re.compile("^1 — "))
    for _ in range(4):  # a busy machine shows the sheet before it listens to the pen
        page.mouse.move(x, top)
        page.mouse.down()
        for i in range(1, 13):
            page.mouse.move(x, top + (bottom - top) * i / 12)
        page.mouse.up()
        if appears(answer, 10):
            break
    answer.wait_for()
    no_exception(page)


def test_curves_grow_in_place_and_keep_the_zoom(server: str, browse: Callable) -> None:
    page = browse()
    page.goto(server)
    page.get_by_role("button", name="Train on digits").wait_for()
    prepare_digits(page, server)
    lasting(page, server, 1000)
    drawn(page)
    page.evaluate(WATCH)
    page.wait_for_function("() => window.seen.changes >= 4 && window.seen.frames > 60")
    seen = page.evaluate("() => window.seen")
    assert seen["frames"] > 30
    assert (seen["gone"], seen["blank"]) == (0, 0)
    assert seen["changes"] >= 3 and seen["points"] == sorted(seen["points"])

    # Zoom with the mouse; the range stays through ticks and a full rerun of the page.
    plot = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    for _ in range(3):  # a busy machine may lose the beginning of a drag
        page.mouse.move(plot["x"] + plot["width"] * 0.3, plot["y"] + plot["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(plot["x"] + plot["width"] * 0.6, plot["y"] + plot["height"] * 0.7, steps=8)
        page.mouse.up()
        page.wait_for_timeout(1000)
        if page.evaluate(f"() => document.querySelector('{CHART}').layout.xaxis.autorange === false"):
            break
    page.wait_for_function(f"() => document.querySelector('{CHART}').layout.xaxis.autorange === false")
    zoomed = page.evaluate(RANGES)
    count = page.evaluate("() => window.seen.changes")
    page.wait_for_function(f"() => window.seen.changes > {count} + 2")
    assert page.evaluate(RANGES) == zoomed
    assert page.evaluate(BUTTONS) == ["Download plot as a PNG", "Zoom", "Pan", "Zoom in", "Zoom out", "Reset axes"]
    page.get_by_role("button", name="Pause").click()  # ends the timer with a full rerun
    page.get_by_role("button", name="Resume").wait_for()
    assert page.evaluate(RANGES) == zoomed
    seen = page.evaluate("() => window.seen")
    assert (seen["gone"], seen["blank"]) == (0, 0)
    no_exception(page)


@LONG
def test_a_closed_tab_finds_its_run_again(server: str, browse: Callable) -> None:
    page = browse()
    prepare_digits(page, server)
    run = lasting(page, server, 1000)
    drawn(page)
    page.close()
    time.sleep(2)
    page = browse()
    page.goto(f"{server}/Train")
    page.wait_for_url(re.compile(f"run={run}"))
    drawn(page)
    step = page.get_by_text(re.compile(r"step \d+")).inner_text()
    page.wait_for_function("before => !document.body.innerText.includes(before)", arg=step)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Resume").wait_for()
    page.locator("[data-testid=stMarkdownContainer]", has_text="cancelled").first.wait_for()
    no_exception(page)


def test_a_click_on_start_counts_whatever_is_clicked_next(server: str, browse: Callable, home: Path) -> None:
    """The second click reaches the server while it draws the page for the first."""
    page = browse()
    prepare_digits(page, server)
    page.evaluate(
        """() => {
          const all = kind => [...document.querySelectorAll(kind)];
          const found = (kind, words) => all(kind).find(one => one.textContent.includes(words));
          found("button", "Start training").click();
          setTimeout(() => found("summary", "Advanced").click(), 0);
        }"""
    )
    page.wait_for_url(re.compile(r"[?&]run="))
    page.get_by_text("Seed", exact=True).wait_for()
    assert SqlStore(f"sqlite:///{home / 'epochlab.db'}").ids() == [run_of(page)]
    no_exception(page)


def test_a_form_drawn_late_holds_what_was_set(server: str, browse: Callable, home: Path) -> None:
    """The browser loads the code of sliders when the first is drawn; here it comes after the form has changed."""
    page = browse()
    prepare_digits(page, server)
    page.close()
    page = browse()
    held: list[Any] = []
    page.route("**/*Slider*.js", lambda request: held.append(request))
    page.goto(f"{server}/Train?recipe=digits-quick")
    set_epochs(page, 3)
    assert held
    for request in held:
        request.continue_()
    page.get_by_text("Batch size", exact=True).wait_for()
    set_epochs(page, 4)
    start = page.get_by_role("button", name="Start training")
    page.set_viewport_size({"width": 390, "height": 700})  # the start bar stays in sight above a long form
    place = start.bounding_box()
    assert 500 < place["y"] < place["y"] + place["height"] <= 700
    start.click()
    page.wait_for_url(re.compile(r"[?&]run="))
    config = SqlStore(f"sqlite:///{home / 'epochlab.db'}").get(run_of(page)).config
    assert config == recipe("digits-quick").config.replace({"training.epochs": 4})
    no_exception(page)


def prepare_digits(page: Any, server: str) -> None:
    """Until the server has prepared the digits on its own; a start would be greyed before."""
    page.goto(f"{server}/Train?recipe=digits-quick")
    page.get_by_role("button", name="Start training").wait_for()
    for _ in range(60):
        if page.evaluate(ENABLED, "Start training"):
            return
        page.evaluate(PRESS, "Prepare Digits")  # in one go: the server may be ready, and the button gone, just now
        page.wait_for_timeout(1000)
    raise AssertionError("the digits were not ready within a minute")
