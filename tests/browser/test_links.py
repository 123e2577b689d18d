"""What is chosen stands in the link, and the browser's history goes through it."""

import re
from collections.abc import Callable

import pytest

from tests.browser.conftest import House
from tests.browser.serving import NAME_PX, press_cell
from tests.browser.test_road import prepare_digits
from tests.conftest import LONG

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_who_goes_back_gets_the_choice_before(server: str, browse: Callable) -> None:
    page = browse()
    page.goto(server)
    page.get_by_role("button", name="Train on digits").wait_for()
    prepare_digits(page, server)
    page.goto(f"{server}/Data")
    page.get_by_text("Images 1 to 100 of 1\u202f437").wait_for()
    page.get_by_text("Test", exact=True).first.click()
    page.get_by_text("Images 1 to 100 of 360").wait_for()
    page.wait_for_url(re.compile("split=test"))
    page.get_by_role("tab", name="Class counts").click()
    page.wait_for_url(re.compile("view=classes"))
    page.go_back()
    page.get_by_role("tab", name="Images", exact=True, selected=True).wait_for()
    page.go_back()
    page.get_by_text("Images 1 to 100 of 1\u202f437").wait_for()
    page.go_forward()
    page.get_by_text("Images 1 to 100 of 360").wait_for()
    page.reload()
    page.get_by_text("Images 1 to 100 of 360").wait_for()


def test_a_name_in_the_table_of_runs_opens_the_run(lived_in: House, browse: Callable) -> None:
    page = browse()
    page.goto(f"{lived_in.address}/Compare")
    page.locator(".js-plotly-plot .scatterlayer path.js-line").first.wait_for(state="attached")
    with page.context.expect_page() as opened:
        press_cell(page, NAME_PX, 1)
    run = opened.value
    run.wait_for_function("() => document.querySelector('input[aria-label=Run]')?.value.includes('Small CNN 8')")
    run.wait_for_function("id => new URLSearchParams(location.search).get('run') === id", arg=lived_in.runs[1])
    run.wait_for_function("() => !new URLSearchParams(location.search).has('name')")


@pytest.mark.parametrize(
    ("title", "own"),
    [("Train", "run"),
     *(pytest.param(*one, marks=LONG) for one in (("Data", "data"), ("Compare", "runs"), ("Predict", "run")))],
)  # fmt: skip
def test_what_a_page_writes_into_its_link_is_no_step(lived_in: House, browse: Callable, title: str, own: str) -> None:
    page = browse()
    page.goto(lived_in.address)
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True).wait_for()
    page.wait_for_function("name => new URLSearchParams(location.search).has(name)", arg=own)
    page.go_back()
    page.get_by_role("heading", name=title, exact=True).wait_for(state="detached")
    page.wait_for_url(re.compile(f"^{re.escape(lived_in.address)}/?$"))


@LONG
def test_a_data_set_that_was_chosen_is_a_step_and_a_wrong_link_is_none(lived_in: House, browse: Callable) -> None:
    page = browse()
    page.goto(f"{lived_in.address}/Data?data=nosuch")
    box = page.locator("input[aria-label='Data set']")
    page.get_by_text("There is no data set “nosuch”.").wait_for()
    page.wait_for_function("() => new URLSearchParams(location.search).get('data') === 'digits'")
    page.get_by_role("tab", name="Class counts").click()
    page.wait_for_url(re.compile("view=classes"))
    page.get_by_text("There is no data set “nosuch”.").wait_for()
    box.click()
    page.get_by_role("option", name="Fashion-MNIST").click()
    page.wait_for_url(re.compile("data=fashion-mnist"))
    page.get_by_text("There is no data set “nosuch”.").wait_for(state="detached")
    page.go_back()
    page.wait_for_url(re.compile("data=digits"))
    page.get_by_text("8 × 8", exact=True).first.wait_for()
    assert "Digits" in box.input_value()
