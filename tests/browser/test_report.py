"""A report opens from its file, asks no network, draws its charts, and keeps what people wrote as text; on paper, its
charts are as wide as a sheet."""

import pytest

from core.report.report import report
from core.runs.lab import Lab
from tests.browser import serving
from tests.conftest import LONG
from tests.report.conftest import HOSTILE, with_classes

pytestmark = pytest.mark.browser

WIDTHS = "() => [...document.querySelectorAll('[data-chart] .main-svg:first-child')].map(one => one.clientWidth)"


@pytest.mark.parametrize("width", [pytest.param(1400, marks=LONG), 390])
def test_it_opens_from_a_file_alone(browser, trained, lab: Lab, digits, tmp_path, width) -> None:
    lab.rename(trained.id, HOSTILE)
    lab.annotate(trained.id, notes=HOSTILE, tags=[HOSTILE])
    with_classes(lab, trained, HOSTILE)
    file = tmp_path / "report.html"
    file.write_bytes(report([lab.run(trained.id)], lab))
    tab = browser.new_page(viewport={"width": width, "height": 844})
    asked: list[str] = []
    problems: list[str] = []
    tab.on("request", lambda one: asked.append(one.url))
    tab.on("console", lambda one: problems.append(one.text))
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.goto(file.as_uri())
    tab.locator("[data-chart]").nth(2).locator(".main-svg").first.wait_for()
    assert not problems and {one for one in asked if not one.startswith("data:")} == {file.as_uri()}
    assert tab.evaluate("() => window.hit") is None and tab.locator("img:not([src^='data:'])").count() == 0
    assert tab.locator("h1").inner_text() == HOSTILE == tab.locator("p.note").inner_text().removeprefix("Note. ")
    assert HOSTILE in (tab.locator("[data-chart]").nth(2).text_content() or "")  # drawn as it was written
    assert tab.evaluate("() => document.documentElement.scrollWidth") == width
    assert all(one.evaluate("img => img.naturalWidth") == 8 for one in tab.locator("img").all())
    before = tab.evaluate(WIDTHS)
    assert len(before) == 3 and max(before) <= width
    tab.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate(WIDTHS) == [680] * 3
    tab.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert tab.evaluate(WIDTHS) == before
    assert tab.locator("p.screen").is_visible()
    tab.emulate_media(media="print")
    assert not tab.locator("p.screen").is_visible()  # nobody drags over paper
    tab.close()


def test_a_run_hands_it_out(lived_in, browse, tmp_path) -> None:
    tab = browse()
    tab.goto(f"{lived_in.address}/Train?run={lived_in.runs[-1]}")
    button = tab.get_by_role("button", name="Report (.html)")
    assert serving.appears(button, 60)
    with tab.expect_download() as found:
        button.click()
    assert found.value.suggested_filename.endswith("-report.html")
    file = tmp_path / "report.html"
    found.value.save_as(file)
    tab.goto(file.as_uri())
    tab.get_by_role("heading", name="Where it errs").wait_for()
