"""On a telephone: what is wanted is in sight, nothing covers it, and nothing is cut off."""

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from core.charts.style import RUN_COLOURS
from tests.browser.conftest import House, lab_in
from tests.browser.serving import CHART, appears
from tests.conftest import LONG
from tests.pages.makers import numbered

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 390, 844  # pixels
MAX_LETTER_HEIGHT_PX = 15
PLACES = """chosen => [...document.querySelectorAll(chosen)].filter(one => one.getClientRects().length)
    .map(one => [one.textContent, one.getBoundingClientRect()])
    .map(([words, box]) => ({words, left: box.left, right: box.right, top: box.top, bottom: box.bottom}))"""

CUT = """node => [node, ...node.querySelectorAll('*')]
    .some(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)"""


@pytest.fixture(scope="module")
def telephone(browser: Any) -> Any:
    """A browser's window without a mouse."""
    return browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True)


@pytest.fixture
def phone(telephone: Any) -> Iterator[Any]:
    """A tab of it."""
    page = telephone.new_page()
    page.set_default_timeout(60_000)
    yield page
    page.close()


def places(page: Any, chosen: str) -> list[dict]:
    return page.evaluate(PLACES, chosen)


def overlap(one: dict, other: dict) -> bool:
    return (
        min(one["right"], other["right"]) > max(one["left"], other["left"]) + 0.5
        and min(one["bottom"], other["bottom"]) > max(one["top"], other["top"]) + 0.5
    )


def test_the_sidebar_closes_when_a_page_was_chosen(phone: Any, lived_in: House) -> None:
    phone.goto(lived_in.address)
    sidebar = phone.get_by_test_id("stSidebar")
    for name in ("Compare", "Home"):
        phone.get_by_test_id("stExpandSidebarButton").tap()
        link = sidebar.get_by_role("link", name=name)
        link.wait_for()
        assert link.bounding_box()["height"] >= 44
        link.tap()
        phone.wait_for_function(
            "() => document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0"
        )
        title = "Compare" if name == "Compare" else "Train image classifiers"
        phone.get_by_role("heading", name=title).first.wait_for()


@LONG
def test_a_wide_screen_keeps_its_sidebar(browse: Callable, lived_in: House) -> None:
    page = browse()
    page.goto(lived_in.address)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Compare").click()
    page.get_by_role("heading", name="Compare").wait_for()
    page.wait_for_timeout(1000)
    assert page.get_by_test_id("stSidebar").bounding_box()["x"] == 0


def test_the_answer_to_a_stroke_is_in_sight(phone: Any, lived_in: House) -> None:
    phone.goto(f"{lived_in.address}/Predict?run={lived_in.runs[-1]}")
    sheet = phone.locator("canvas.upper-canvas")
    sheet.wait_for()
    answer = phone.locator("[role=status]").filter(has_text="—")
    for _ in range(4):  # a busy machine shows the sheet before it listens to the pen
        box = sheet.bounding_box()
        phone.mouse.move(box["x"] + 140, box["y"] + 50)
        phone.mouse.down()
        for step in range(12):
            phone.mouse.move(box["x"] + 140, box["y"] + 50 + 15 * step)
        phone.mouse.up()
        if appears(answer, 5):
            break
    answer.wait_for()
    phone.wait_for_timeout(500)
    assert phone.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop") == 0
    words, drawn = answer.bounding_box(), sheet.bounding_box()
    assert drawn["y"] > 0 and words["y"] + words["height"] < HEIGHT
    assert phone.locator(".st-key-pen-row button").last.bounding_box()["y"] < words["y"]


def test_the_buttons_of_a_chart_cover_neither_its_cells_nor_its_legend(phone: Any, lived_in: House) -> None:
    phone.goto(f"{lived_in.address}/Compare?runs={lived_in.runs[-1]}&compare=confusion")
    phone.get_by_role("button", name="Evaluate").tap()
    phone.locator(".js-plotly-plot .heatmaplayer image").wait_for()
    (buttons,) = places(phone, ".js-plotly-plot .modebar")
    (cells,) = places(phone, ".js-plotly-plot .heatmaplayer image")
    assert not overlap(buttons, cells)
    phone.goto(f"{lived_in.address}/Data?view=classes")
    phone.locator(".js-plotly-plot .legend").wait_for()
    (buttons,) = places(phone, ".js-plotly-plot .modebar")
    covered = places(phone, ".js-plotly-plot .legend text") + places(phone, ".js-plotly-plot .barlayer")
    assert len(covered) >= 3 and not [one for one in covered if overlap(buttons, one)]


@pytest.mark.parametrize("width", [WIDTH, pytest.param(1400, marks=LONG)])
def test_letters_stand_beside_the_ends_of_their_lines_and_apart(browse: Callable, width: int, lived_in: House) -> None:
    page = browse()
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.goto(f"{lived_in.address}/Compare?runs={','.join(lived_in.runs)}")
    page.locator(f"{CHART} .annotation-arrow-g").nth(19).wait_for(state="attached")
    letters = [one for one in places(page, f"{CHART} .annotation-text") if len(one["words"]) == 1]
    assert len(letters) == 2 * 10  # in two charts
    (chart,) = places(page, CHART)
    for one, other in combinations(letters, 2):
        shared = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
        beside = min(one["right"], other["right"]) <= max(one["left"], other["left"])
        assert beside or shared <= MAX_LETTER_HEIGHT_PX - 12, (one, other)
    assert all(chart["left"] < one["left"] and one["right"] < chart["right"] for one in letters)
    colours = page.evaluate(
        f"() => [...document.querySelectorAll('{CHART} .annotation-arrow-g path')].map(one => one.style.stroke)"
    )
    assert len(set(colours)) == len(RUN_COLOURS)


@LONG
def test_every_kind_of_curve_can_be_chosen(phone: Any, lived_in: House) -> None:
    phone.goto(f"{lived_in.address}/Compare?runs={','.join(lived_in.runs)}")
    group = phone.get_by_test_id("stButtonGroup").first
    group.wait_for()
    chips = [chip.bounding_box() for chip in group.get_by_role("button").all()]
    assert len(chips) >= 6 and all(chip["x"] >= 0 and chip["x"] + chip["width"] <= WIDTH for chip in chips)


def test_a_long_name_of_a_run_is_shown_whole_in_the_sidebar(server: str, home: Path, browse: Callable) -> None:
    lab = lab_in(home)
    name = "The wide network with a learning rate that falls along a cosine, third try"
    run = numbered(lab, name, state="running")
    lock = lab.files.lock(run.id)
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        page = browse()
        page.goto(f"{server}/Data")
        link = page.get_by_test_id("stSidebar").get_by_role("link", name=name)
        link.wait_for()
        page.wait_for_function(f"node => !({CUT})(node)", arg=link.element_handle())  # the sidebar has its width
        assert link.bounding_box()["height"] > 40  # it takes more than one line
