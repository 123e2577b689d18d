"""The whole of mending, by mouse and keyboard: train, a wrong cell, two of its images relabelled and one left out, a
version, train again, before and after on the same images. A reload in between loses nothing, nor does kill -9 of the
server."""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.datasets.source import DataSource
from core.prepared import prepare
from core.runs.lab import Lab
from tests.browser.serving import serving
from tests.browser.test_road import ENABLED, run_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
# The cell off the diagonal with the most images: its row, its column, how many, and where it lies on the screen.
WORST = """() => {
  const node = document.querySelector('.epochlab-chart'), counts = node.data[0].text, {xaxis, yaxis} = node._fullLayout;
  const box = node.getBoundingClientRect(), cells = [];
  counts.forEach((line, row) => line.forEach((count, column) => row !== column && cells.push({row, column,
    images: Number(count), x: box.x + xaxis._offset + xaxis.c2p(column), y: box.y + yaxis._offset + yaxis.c2p(row)})));
  return cells.sort((one, other) => other.images - one.images)[0];
}"""
IN_SIGHT = """selector => {
  const top = document.querySelector(selector)?.getBoundingClientRect().top;
  return top >= 0 && top < innerHeight / 3;
}"""
TOLD_ABOVE = """words => document.querySelector('.epochlab-chart-tip')?.textContent.startsWith(words)
  && !document.querySelector('.epochlab-chart .hoverlayer')?.textContent"""
FRAMED = "() => document.querySelector('.epochlab-chart')?._fullLayout?.shapes?.length === 1"


def trained(tab: Any) -> str:
    """Start what the form says, and wait for its end; the id of the run."""
    tab.wait_for_function(ENABLED, arg="Start training")
    before = run_of(tab)
    tab.get_by_role("button", name="Start training").click()
    tab.wait_for_function("old => (new URLSearchParams(location.search).get('run') ?? old) !== old", arg=before)
    tab.get_by_role("link", name="Look inside this run").wait_for()
    return run_of(tab)


def killed(server: Any, tab: Any) -> None:
    tab.goto("about:blank")  # a page without its server complains on the console
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def relabelled_in_the_grid(tab: Any, address: str) -> None:
    """Two images of the Data page by the keyboard; and their way back."""
    tab.goto(f"{address}/Data?data=digits&selecting=true")
    tiles, captions = tab.locator(".eplab-grid.choose button[aria-pressed]"), tab.locator(".eplab-grid figcaption")
    tiles.nth(10).focus()
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    tab.get_by_text("2 selected").wait_for()
    assert [tiles.nth(place).get_attribute("aria-pressed") for place in (9, 10, 11)] == ["false", "true", "true"]
    tab.keyboard.press("a")
    tab.keyboard.type("8")
    tab.keyboard.press("Enter")
    tab.get_by_text("2 images are “8” now.").wait_for()
    assert captions.nth(10).inner_text() == "3 → 8" and captions.nth(11).inner_text() == "5 → 8"
    tab.keyboard.press("z")
    tab.get_by_text("2 images are as they were before.").wait_for()


def test_from_a_wrong_cell_over_a_version_to_before_and_after(lab: Lab, digits: Any, browse: Callable) -> None:
    home, tab = lab.workspace.home, browse()
    with serving(home) as server:
        relabelled_in_the_grid(tab, server.address)
        tab.goto(f"{server.address}/Train?recipe=digits-quick&training.epochs=1")
        trained(tab)
        tab.get_by_role("link", name="Look inside this run").click()
        tab.wait_for_url(re.compile(r"/Inspect\?run=\w+"))
        tab.get_by_role("button", name="Evaluate").click()
        tab.wait_for_function("() => document.querySelector('.epochlab-chart')?.data?.[0]?.type === 'heatmap'")
        cell = tab.evaluate(WORST)
        true, answer = str(cell["row"]), str(cell["column"])
        assert cell["images"] >= 3, "one epoch leaves enough mistakes of one kind"
        tab.mouse.move(cell["x"], cell["y"])
        tip = f"{true} answered as {answer}: {cell['images']} images, "
        tab.wait_for_function(TOLD_ABOVE, arg=tip)  # and nothing covers the cells beside it
        tab.mouse.click(cell["x"], cell["y"])
        tab.wait_for_function(FRAMED)
        tab.wait_for_function(IN_SIGHT, arg=".st-key-image-list")
        assert f"true={true}&answer={answer}" in tab.url
        images = tab.locator(".eplab-grid button img")
        tab.wait_for_function(f"() => document.querySelectorAll('.eplab-grid button').length === {cell['images']}")
        assert all(f"“{true}”" in image.get_attribute("alt") for image in images.all())
        tab.locator(".eplab-grid button").first.focus()
        tab.keyboard.press("Enter")  # an image is a button for the keyboard, too
        tab.get_by_text("What the model saw").wait_for()
        tab.get_by_role("button", name="Close").click()
        tab.get_by_text("What the model saw").wait_for(state="detached")
        assert "image=" not in tab.url and images.count() == cell["images"]
        images.last.scroll_into_view_if_needed()
        images.first.click()
        tab.wait_for_function(IN_SIGHT, arg=".st-key-opened-image")
        tab.get_by_text("Is the label wrong?").click()
        tab.get_by_role("button", name=f"It is “{answer}”").click()
        tab.get_by_text(f"It came as “{true}”; in your edits it is “{answer}”.").wait_for()
        tab.reload()
        tab.get_by_text("Is the label wrong?").click()
        tab.get_by_text(f"It came as “{true}”; in your edits it is “{answer}”.").wait_for()
        there = tab.url.partition("/Inspect")[2]
        killed(server, tab)
    with serving(home) as server:
        tab.goto(f"{server.address}/Inspect{there}")
        tab.get_by_role("button", name="Next").click()
        tab.get_by_text("Is the label wrong?").click()
        tab.get_by_role("button", name=f"It is “{answer}”").click()
        tab.get_by_role("link", name="2 edits: save them as a version").wait_for()
        tab.get_by_role("button", name="Next").click()
        tab.get_by_text(f"Its label is “{true}”.").wait_for()
        tab.get_by_role("button", name="Leave out").click()
        tab.get_by_text("In your edits it is left out.").wait_for()
        tab.get_by_role("link", name="3 edits: save them as a version").click()
        tab.get_by_role("button", name="Save as a version").click()
        tab.get_by_text("Version v2 of “Digits (8 × 8)”: 3 changes.").wait_for()
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Export the images").click()
            tab.get_by_role("button", name="Write the ZIP").click()
            tab.get_by_role("link", name="Download the ZIP").click()
        download.value.save_as(home.parent / "mended.zip")
        tab.get_by_role("link", name="Train with Digits (8 × 8) · v2").click()
        trained(tab)
        tab.get_by_role("link", name="Before and after the edits").click()
        tab.get_by_role("button", name="Evaluate").click()
        tab.get_by_text("359 images are in all of these versions").wait_for()
        values = tab.locator("[data-testid=stMetricValue]")
        assert re.fullmatch(r"\d+(\.\d+)?\s%", values.nth(0).inner_text()) and values.count() == 2
        assert tab.locator("[data-testid=stException]").count() == 0
        tab.goto("about:blank")
    runs = lab.runs()
    assert [run.config.data.version for run in runs] == ["v2", ""]
    version = prepare.require(DataSource("digits", version="v2"), lab.workspace)
    came = prepare.require(DataSource("digits"), lab.workspace)
    assert version.meta.count == came.meta.count - 1
    relabelled = np.asarray(came.labels)[version.origin] != version.labels
    assert relabelled.sum() == 2 and set(version.labels[relabelled]) == {cell["column"]}
    back = DataSource("folder", str(home.parent / "mended.zip"))
    list(prepare.prepare(back, lab.workspace))
    assert prepare.require(back, lab.workspace).meta.class_counts == version.meta.class_counts
