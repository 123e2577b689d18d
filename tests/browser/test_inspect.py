"""Looking inside a run in a browser: trained, evaluated beside the page, a wrong cell pressed, its images seen."""

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The first cell off the diagonal with images in it: its row, its column, how many, and where it lies on the screen.
WRONG = """() => {
  const node = document.querySelector('.epochlab-chart'), counts = node.data[0].text, {xaxis, yaxis} = node._fullLayout;
  const box = node.getBoundingClientRect();
  for (let row = 0; row < counts.length; row++) for (let column = 0; column < counts.length; column++)
    if (row !== column && counts[row][column] !== '0') return {row, column, images: Number(counts[row][column]),
      x: box.x + xaxis._offset + xaxis.c2p(column), y: box.y + yaxis._offset + yaxis.c2p(row)};
}"""
FRAMED = "() => document.querySelector('.epochlab-chart')?._fullLayout?.shapes?.length === 1"


def pressed_wrong_cell(page: Any) -> dict[str, int]:
    page.wait_for_function("() => document.querySelector('.epochlab-chart')?.data?.[0]?.type === 'heatmap'")
    cell: dict[str, int] = page.evaluate(WRONG)
    page.mouse.click(cell["x"], cell["y"])
    page.wait_for_function(FRAMED)
    return cell


def test_from_training_to_the_images_of_a_wrong_cell(server: str, browse: Callable) -> None:
    page = browse()
    page.goto(server)
    page.get_by_role("button", name="Train on digits").click()
    page.get_by_role("link", name="Look inside this run").click()
    page.wait_for_url(re.compile(r"/Inspect\?run=\w+"))
    page.get_by_role("button", name="Evaluate").click()
    cell = pressed_wrong_cell(page)
    assert f"true={cell['row']}&answer={cell['column']}" in page.url
    images = page.locator(".eplab-grid button img")
    page.wait_for_function(f"() => document.querySelectorAll('.eplab-grid button').length === {cell['images']}")
    assert all(f"“{cell['row']}”" in image.get_attribute("alt") for image in images.all())
    page.locator(".eplab-grid button").first.focus()
    page.keyboard.press("Enter")  # an image is a button for the keyboard, too
    page.get_by_text("What the model saw").wait_for()
    page.reload()
    page.get_by_text("What the model saw").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    page.get_by_role("button", name="Close").click()
    page.get_by_text("What the model saw").wait_for(state="detached")
    assert "image=" not in page.url and images.count() == cell["images"]
