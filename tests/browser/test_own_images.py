"""A folder of one's own, added in a browser: what is chosen there must stand against what the box held before."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def pictures(folder: Path, classes: str) -> Path:
    random = np.random.default_rng(0)
    for name in classes.split():
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(random.integers(0, 255, (20, 24, 3), np.uint8)).save(folder / name / f"{number}.png")
    return folder


def add(page, folder: Path) -> None:
    page.get_by_text("Add your own images").click()
    page.get_by_role("textbox", name="Folder, ZIP or table on this computer").fill(str(folder))
    page.get_by_role("button", name="Use this folder").click()
    page.get_by_role("button", name="Import", exact=True).or_(page.get_by_role("alert")).first.click()


def test_a_folder_is_prepared_and_shown_and_a_bad_one_named(
    first_server: str, browse: Callable, tmp_path: Path
) -> None:
    page = browse()
    page.goto(f"{first_server}/Data")
    add(page, pictures(tmp_path / "flowers", "rose tulip"))
    page.get_by_text("Train with flowers").wait_for()
    page.get_by_role("img", name="rose").first.wait_for()
    assert page.get_by_text("Use this folder").is_hidden(), "the panel folds away once it is done"
    # Each tile is shown large, by a click and by the keyboard, with its file's name.
    page.get_by_role("button", name="rose: Training, image 0").click()
    page.get_by_role("dialog").get_by_text("File: rose/").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("image 1, of flowers").wait_for()
    page.keyboard.press("Escape")
    other = browse()
    other.goto(f"{first_server}/Data")
    add(other, pictures(tmp_path / "lonely", "rose"))
    other.get_by_text("has one class only").wait_for()
