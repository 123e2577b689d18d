"""What axe-core finds on every page: nothing serious, on a screen and on a telephone, and in the dark."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import House
from tests.browser.serving import settled
from tests.conftest import but_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A page's link, and the buttons that are pressed before it is looked at.
PAGES = {
    "home": ("", ()),
    "data": ("Data", ("Add your own images",)),
    "data, selecting": ("Data?selecting=true", ("This page", "Note")),
    "data, edits": ("Data?view=edits", ("Take over a list of edits",)),
    "data, classes": ("Data?view=classes", ()),
    "data, batch": ("Data?view=batch", ()),
    "data, details": ("Data?view=details", ()),
    "train, new": ("Train?view=new", ("Data augmentation", "Advanced")),
    "train, own layers": ("Train?model.name=layers&model.layers=conv 8 3, cov 3, dense 9", ("Model",)),
    "train, a run": ("Train?run={able}", ("View",)),
    "train, its details": ("Train?run={able}", ("Epochs", "Name, tags and notes", "Delete this run")),
    "compare": ("Compare?runs={all}", ("Filter",)),
    "compare, settings": ("Compare?compare=settings", ()),
    "compare, confusion": ("Compare?compare=confusion&runs={able}", ("Evaluate",)),
    "inspect, errors": ("Inspect?run={able}&true=1", ()),
    "inspect, looks": ("Inspect?run={able}&section=looks&random_weights=true", ()),
    "inspect, layers": ("Inspect?run={able}&section=layers&untrained=true", ()),
    "inspect, belief": ("Inspect?run={able}&section=belief", ()),
    "inspect, nothing yet": ("Inspect?run={able}&split=train", ()),
    "predict": ("Predict?run={able}", ()),
    "predict, upload": ("Predict?run={able}&way=upload", ()),
    "predict, images": ("Predict?run={able}&way=images", ()),
}
# Further views of a page that is looked at.
FURTHER = (
    "data", "data, selecting", "data, edits", "data, classes", "data, batch", "data, details", "train, own layers",
    "train, its details", "compare, settings", "compare, confusion", "inspect, looks", "inspect, layers",
    "inspect, belief", "inspect, nothing yet", "predict, upload", "predict, images",
)  # fmt: skip
EMPTY = {
    "home": "", "data": "Data?data=mnist", "train": "Train?view=runs", "compare": "Compare", "inspect": "Inspect",
    "predict": "Predict",
}  # fmt: skip
WIDTHS = {"screen": 1400, "telephone": 390}  # pixels
HEIGHT = 5000  # pixels: axe takes what lies half behind the bar with the start button for half as large

# What a tick is about to draw anew is faint for a moment.
STEADY = "* {transition: none !important; animation: none !important} [data-stale=true] {opacity: 1 !important}"
# axe leaves this rule out by itself: what is pressed is 24 pixels wide and high, or has as much room (WCAG 2.5.8).
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Of a page that was looked at in the light, the dark changes nothing but colours.
OF_COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
# A screen shows what a telephone folds away, in the same colours: the dark is looked at there alone.
LOOKS = [("light", "telephone", OPTIONS), ("dark", "screen", OF_COLOURS)]
if os.environ.get("EPOCHLAB_TEST_LONG"):
    LOOKS.append(("light", "screen", OPTIONS))


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[Any]:
    """One tab for all pages."""
    page = browser.new_page()
    page.set_default_timeout(20_000)
    yield page
    page.close()


def findings(tab: Any, axe: Callable) -> list[str]:
    """In the light on both widths, then in the dark: `dark screen: serious color-contrast at …: …`."""
    found = []
    for theme, kind, options in LOOKS:
        tab.emulate_media(color_scheme=theme)
        tab.set_viewport_size({"width": WIDTHS[kind], "height": HEIGHT})
        settled(tab)
        if serious(tab, axe, options):  # or the labels of tabs were faint, as a tick was drawing them anew
            settled(tab)
            found += [f"{theme} {kind}: {words}" for words in serious(tab, axe, options)]
    return found


def serious(tab: Any, axe: Callable, options: dict[str, Any]) -> list[str]:
    return [
        f"{one['impact']} {one['id']} at {node['target']}: {node['failureSummary']}"
        for one in axe(tab, options=options).response["violations"]
        if one["impact"] in ("serious", "critical") or one["id"] == "heading-order"
        for node in one["nodes"]
    ]


@pytest.fixture(scope="module")
def axe() -> Callable:
    from axe_playwright_python.sync_playwright import Axe

    return Axe().run


def opened(tab: Any, address: str) -> None:
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": WIDTHS["screen"], "height": HEIGHT})
    tab.goto(address)
    tab.add_style_tag(content=STEADY)
    tab.get_by_test_id("stMain").locator("h1").wait_for()
    settled(tab)


@pytest.mark.parametrize("name", but_for(PAGES, FURTHER))
def test_nothing_serious_is_found_on_a_page_with_runs(name: str, tab: Any, axe: Callable, lived_in: House) -> None:
    link, buttons = PAGES[name]
    opened(tab, f"{lived_in.address}/{link.format(able=lived_in.runs[-1], all=','.join(lived_in.runs))}")
    for button in buttons:
        tab.get_by_test_id("stMain").locator("button, summary").filter(has_text=button).first.click()
        settled(tab)
    assert tab.get_by_test_id("stException").count() == 0
    assert findings(tab, axe) == []


@pytest.mark.parametrize("name", but_for(EMPTY, [name for name in EMPTY if name != "home"]))
def test_nothing_serious_is_found_on_an_empty_page(name: str, tab: Any, axe: Callable, server: str) -> None:
    opened(tab, f"{server}/{EMPTY[name]}")
    assert findings(tab, axe) == []


def test_the_sidebar_says_which_page_is_shown(tab: Any, lived_in: House) -> None:
    opened(tab, lived_in.address)
    current = tab.get_by_test_id("stSidebar").locator("[aria-current=page]")
    assert current.all_inner_texts()[0].endswith("Home")
    for name in ("Compare", "Data", "Home"):
        tab.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        current.get_by_text(name, exact=True).wait_for()
        assert current.count() == 1


def test_help_is_a_target_that_a_finger_hits_and_a_keyboard_opens(tab: Any, lived_in: House) -> None:
    opened(tab, f"{lived_in.address}/Train?view=new")
    for button in tab.get_by_role("button", name="Help for").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 24, button.get_attribute("aria-label")
    button = tab.get_by_role("button", name="Help for Learning rate")
    button.focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("tooltip").first.wait_for()


def test_a_link_to_the_page_that_it_is_on_looks_like_the_others(tab: Any, lived_in: House) -> None:
    opened(tab, f"{lived_in.address}/Train?run={lived_in.runs[-1]}")
    weights = (
        tab.get_by_test_id("stMain")
        .get_by_test_id("stPageLink-NavLink")
        .locator("p")
        .evaluate_all("links => links.map(link => getComputedStyle(link).fontWeight)")
    )
    assert len(weights) == 4 and len(set(weights)) == 1


def test_a_confusion_matrix_begins_with_the_ground_of_the_page(tab: Any, lived_in: House) -> None:
    for theme in ("light", "dark"):
        tab.emulate_media(color_scheme=theme)
        tab.goto(f"{lived_in.address}/Compare?runs={lived_in.runs[-1]}&compare=confusion")
        tab.get_by_role("button", name="Evaluate").click()
        tab.locator(".js-plotly-plot .heatmaplayer image").wait_for()
        ground, first = tab.evaluate(
            """() => [getComputedStyle(document.querySelector('.stApp')).backgroundColor,
                document.querySelector('.js-plotly-plot')._fullLayout.coloraxis.colorscale[0][1]]"""
        )
        assert rgb(ground) == rgb(first), theme


def rgb(colour: str) -> list[int]:
    if colour.startswith("#"):
        return list(bytes.fromhex(colour[1:]))
    return [int(part) for part in re.findall(r"\d+", colour)]
