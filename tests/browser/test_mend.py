"""Mending a data set by mouse and keyboard: two images get another class, one is left out, a version is saved. A reload
in between loses nothing, nor does kill -9 of the server."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from core.datasets.source import DataSource
from core.prepared import prepare
from core.runs.lab import Lab
from tests.browser.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
TILES = ".eplab-grid.choose button[aria-pressed]"


def open_data(tab: Any, address: str) -> Any:
    tab.goto(f"{address}/Data?data=digits&selecting=true")
    tiles = tab.locator(TILES)
    tiles.first.wait_for()
    return tiles


def killed(server: Any, tab: Any) -> None:
    tab.goto("about:blank")  # a page without its server complains on the console
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


def test_two_images_relabelled_and_one_left_out_become_a_version(lab: Lab, digits, browse: Callable) -> None:
    home, tab = lab.workspace.home, browse()
    with serving(home) as server:
        tiles = open_data(tab, server.address)
        tiles.nth(10).focus()
        tab.keyboard.press("Space")
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Enter")
        tab.get_by_text("2 selected").wait_for()
        assert [tiles.nth(place).get_attribute("aria-pressed") for place in (9, 10, 11)] == ["false", "true", "true"]
        tab.get_by_role("combobox", name="Another class").fill("8")
        tab.keyboard.press("Enter")
        tab.get_by_text("2 images are “8” now.").wait_for()
        killed(server, tab)
    with serving(home) as server:
        tiles = open_data(tab, server.address)
        captions = tab.locator(".eplab-grid figcaption")
        assert captions.nth(10).inner_text() == "3 → 8" and captions.nth(11).inner_text() == "5 → 8"
        tiles.nth(0).click()
        tab.get_by_text("1 selected").wait_for()
        tab.keyboard.press("l")
        tab.get_by_text("1 image is left out.").wait_for()
        tab.reload()
        tab.locator("figure.gone", has_text="0 · left out").wait_for()
        tab.get_by_role("tab", name="Edits").click()
        tab.get_by_text("3 edits.").wait_for()
        tab.get_by_role("button", name="Save as a version").click()
        tab.get_by_role("link", name="Train with Digits (8 × 8) · v2").wait_for()
        assert "version=v2" in tab.url
        tab.get_by_text("Version v2 of “Digits (8 × 8)”: 3 changes.").wait_for()
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Export the images").click()
            tab.get_by_role("button", name="Write the ZIP").click()
            tab.get_by_role("link", name="Download the ZIP").click()
        download.value.save_as(home.parent / "mended.zip")
        killed(server, tab)
    version = prepare.require(DataSource("digits", version="v2"), lab.workspace)
    assert version.meta.count == 1796 and {10, 11} <= set(version.origin[version.labels == 8])
    back = DataSource("folder", str(home.parent / "mended.zip"))
    list(prepare.prepare(back, lab.workspace))
    assert prepare.require(back, lab.workspace).meta.class_counts == version.meta.class_counts
