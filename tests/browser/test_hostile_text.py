"""Names, tags, notes and classes that are markup, markdown, formulas or endless: shown as text on every page."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from tests.browser import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PWN = "window.__pwned=1"
RUNS = [
    f"<img src=x onerror={PWN}><script>{PWN}</script><b>bold</b>",
    f"[link](javascript:{PWN}) ![i](http://evil.invalid/i.png) https://evil.invalid www.evil.invalid me@evil.invalid",
    "$\\frac{1}{2}$ :smile: :material/home: :red[red] **bold** `code` -> --",
    '=HYPERLINK("http://evil.invalid") <a href="http://evil.invalid">a</a><br>b</div>',
    "W" * 200,
    "a\u202eesrever \u2066b\x1b[31m\x00c\nd",
]
CLASSES = [
    f"<img src=x onerror={PWN}>", "**bold** $x$ :smile: [a](b)", '"=1+1 <a href=\'http:evil.invalid\'>a<a>', "w" * 200,
    "a\u202eb\nc\x1b",
]  # fmt: skip
TAGS = ["<b>tag</b>", "**t** :material/home: [x](y)", "=1+1", "T" * 50]

# Visible elements that stick out of the page's sides, but for those in something that scrolls or cuts off.
STICKS_OUT = """() => [...document.querySelectorAll('.stMain *, [data-testid=stSidebar] *')].filter(node => {
  const box = node.getBoundingClientRect();
  if (!box.width || !box.height || (box.right <= innerWidth + 1 && box.left >= -1)) return false;
  if (node.closest('[data-testid=stSidebar]')?.getBoundingClientRect().right <= 0) return false;
  for (let outer = node.parentElement; outer && !outer.matches('.stMain'); outer = outer.parentElement)
    if (getComputedStyle(outer).overflowX !== 'visible') return false;
  return getComputedStyle(node).visibility === 'visible' && getComputedStyle(node).clip === 'auto';
}).map(node => `${node.tagName}.${node.className} ${node.textContent.slice(0, 60)}`)"""
MARKUP = """() => {
  const all = chosen => [...document.querySelectorAll(chosen)];
  const named = all('code, strong, b').filter(node => /^(code|bold)$/.test(node.textContent));
  const made = all('[data-testid=stMarkdownContainer] :is(img, script, .katex), .eplab-grid script');
  const address = node => new URL(node.getAttribute('href') ?? node.getAttribute('src'), location);
  const away = all('[href*=evil], [src*=evil]').filter(node => address(node).origin !== location.origin);
  const links = [...away, ...all('.js-plotly-plot a, .epochlab-chart a')];
  return [...named, ...made, ...links].map(node => node.outerHTML);
}"""


def names_on_disk(folder: Path) -> None:
    random = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for one in range(8):
            pixels = random.integers(0, 60, (16, 16, 3), np.uint8) + np.uint8(40 * number)
            Image.fromarray(pixels).save(folder / name / f"=<b>{one}<b>.png")
        (folder / name / "<script>.png").write_text("no picture")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[str]]:
    """A workspace of such names: its home, the folder of images, and the ids of its runs."""
    home = tmp_path_factory.mktemp("hostile")
    lab = Lab(
        Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db"), SqlStore(f"sqlite:///{home}/epochlab.db")
    )
    folder = home / "data" / f"<img src=x onerror={PWN}> **set** $x$ :smile:"
    names_on_disk(folder)
    for _ in prepare.prepare(DataSource("folder", str(folder)), lab.workspace):
        pass
    changes = {"data.name": "folder", "data.path": str(folder), "data.size": 8, "model.name": "mlp",
               "model.widths": [8], "training.epochs": 2, "data.validation": 0.2}  # fmt: skip
    ids = []
    for number, name in reversed(list(enumerate(RUNS))):  # the first are the newest, which pages list
        config = RunConfig().replace(changes | {"training.seed": number})
        run = lab.store.add(config, name, state="running")
        lab.store.change(run.id, tags=TAGS, notes=RUNS[0] * 100)
        ids.insert(0, execute(run, lab).id)
        if number == 3:
            lab.store.change(run.id, state="failed", message=f"{name} failed: {RUNS[1]}")
    return home, str(folder), ids


@pytest.fixture(scope="module")
def its_server(chromium: str, hostile: tuple[Path, str, list[str]]) -> Any:
    with serving.serving(hostile[0], spare=False) as server:
        yield server.address


def shown(page: Any) -> None:
    """Nothing on the page has run, was fetched, became markup, or is wider than the screen, be it large or small."""
    serving.settled(page)
    for width in (1400, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(250)
        for _ in range(20):  # a busy machine takes its time to fit a table into the new width
            if page.evaluate(STICKS_OUT) == []:
                break
            page.wait_for_timeout(250)
        assert page.evaluate("() => window.__pwned") is None
        assert page.locator("[data-testid=stException]").count() == 0
        assert page.evaluate(MARKUP) == []
        assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
        assert page.evaluate(STICKS_OUT) == []


def text_of(page: Any) -> str:
    """All text on the page, in boxes and charts too, without the marks that part signs."""
    found = page.evaluate("""() => [document.body.textContent,
      ...[...document.querySelectorAll('input, textarea')].map(box => box.value)].join(' ')""")
    return str(found).replace("\N{WORD JOINER}", "")


def test_every_page_shows_them_as_text(its_server: str, hostile: tuple[Path, str, list[str]], browse: Callable) -> None:
    home, folder, ids = hostile
    page, store = browse(), SqlStore(f"sqlite:///{home}/epochlab.db")
    foreign: list[str] = []
    own = (its_server, its_server.replace("http", "ws", 1), "data:", "blob:")
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(own) else None)
    page.on("dialog", lambda dialog: foreign.append(dialog.message))
    for names, newest in ((RUNS[3:5], ids[3:]), (RUNS[:3], ids[:3])):  # Home lists three
        for one in reversed(newest):
            store.change(one, created=time.time())
        page.goto(its_server)
        page.get_by_text("Latest runs").wait_for()
        page.get_by_role("link", name="Again with one change").nth(3).wait_for()
        shown(page)
        assert all(name in text_of(page) for name in names)
        assert TAGS[1] in text_of(page)

    page.goto(f"{its_server}/Data?{urlencode({'data': 'folder', 'path': folder})}")
    page.locator(".eplab-grid img").first.wait_for()
    shown(page)
    assert all(name in text_of(page) for name in CLASSES[:3])
    for tab, sign in (("Class counts", ".js-plotly-plot .xtick"), ("As the model sees it", ".eplab-grid figure"),
                      ("Details", "[data-testid=stDataFrame]")):  # fmt: skip
        page.get_by_role("tab", name=tab).click()
        page.locator(sign).last.wait_for(state="attached")
        if tab == "Class counts":
            page.locator(".js-plotly-plot .nsewdrag").hover(position={"x": 40, "y": 60})
            page.locator(".hoverlayer .hovertext").first.wait_for()
            assert CLASSES[0] in text_of(page)
        shown(page)

    for run in (ids[0], ids[3]):
        page.goto(f"{its_server}/Train?run={run}")
        page.locator(".epochlab-chart .main-svg").first.wait_for(state="attached")
        page.get_by_text("Name, tags and notes").click()
        shown(page)
        assert RUNS[ids.index(run)] in text_of(page)
        if run == ids[0]:
            page.get_by_role("button", name="Delete this run").click()
            page.get_by_role("dialog").get_by_text("goes for good").wait_for()
            shown(page)

    page.goto(f"{its_server}/Compare?{urlencode({'runs': ','.join(ids), 'together': 'false'})}")
    page.locator(".epochlab-chart .main-svg").first.wait_for(state="attached")
    shown(page)
    assert all(name in text_of(page) for name in RUNS[:4])
    page.get_by_role("tab", name="Settings that differ").click()
    page.get_by_role("tabpanel").get_by_role("button", name="Download as CSV").last.wait_for()
    shown(page)
    page.get_by_role("tab", name="Confusion").click()
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_text("Class by class").wait_for()
    shown(page)
    assert page.get_by_label(re.compile("^Download as CSV:")).locator("visible=true").count() == 0

    page.goto(f"{its_server}/Predict?{urlencode({'run': ','.join(ids[:3]), 'way': 'Data set images'})}")
    page.locator(".eplab-grid figure").first.wait_for()
    shown(page)
    assert all(name in text_of(page) for name in RUNS[:3])

    page.goto(f"{its_server}/Train?{urlencode({'run': RUNS[0]})}")
    page.locator("[data-testid=stAlert]").first.wait_for()
    shown(page)
    page.goto(f"{its_server}/Train?{urlencode({'recipe': RUNS[1]})}")
    page.locator("[data-testid=stAlert]").first.wait_for()
    shown(page)
    assert not foreign
