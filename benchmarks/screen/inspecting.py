"""The Inspect page: all test images evaluated, a click on a cell of the confusion matrix to its images, and the map."""

import json
import shutil
from functools import partial
from typing import Any

from benchmarks.screen.stage import Row, Stage, nearly_all, told, typical, words
from core.datasets import catalog
from core.datasets.local_copies import locate
from core.datasets.source import DataSource
from core.insight.predictions import FOLDER
from core.prepared import prepare
from core.recipes import recipe
from core.runs.foreground import train_here
from core.runs.lab import Lab
from core.runs.store import Run

ON_A_PAGE = 50  # images
CHART = "document.querySelector('.epochlab-chart')"
MATRIX = f"{CHART}?.data?.[0]?.type === 'heatmap'"
# The cells off the diagonal with an image, those with most first: their classes, how many, and their places on the
# screen.
CELLS = """() => {
  const node = document.querySelector('.epochlab-chart'), counts = node.data[0].text, {xaxis, yaxis} = node._fullLayout;
  const box = node.getBoundingClientRect(), cells = [];
  counts.forEach((line, row) => line.forEach((count, column) => row !== column && Number(count) && cells.push({
    true: node.data[0].y[row], answer: node.data[0].x[column], images: Number(count),
    x: box.x + xaxis._offset + xaxis.c2p(column), y: box.y + yaxis._offset + yaxis.c2p(row)})));
  return cells.sort((one, other) => other.images - one.images);
}"""

TO_TOP = "() => document.querySelector('[data-testid=stMain]').scrollTo(0, 0)"


def inspect(stage: Stage) -> list[Row]:
    """Of the MNIST recipe's CNN after few images, where MNIST lies at hand; else of that for the digits."""
    lab = stage.lab
    run = quickly_trained(lab)
    total = (run.summary or {})["test_total"]
    evaluated, clicked, mapped = [], [], []
    with stage.tab(lab) as tab:
        for _ in range(stage.size.servers):
            forget(lab, run)
            tab.visit(f"/Inspect?run={run.id}&section=errors", "bench.button('Evaluate')")
            button = tab.page.get_by_role("button", name="Evaluate", exact=True)
            evaluated.append(told("an evaluation", tab, tab.wait("click", button.click, MATRIX)))
        cells = tab.page.evaluate(CELLS)
        for number in range(stage.size.leaves):
            cell = cells[number % len(cells)]
            tab.page.evaluate(TO_TOP)  # a click on a cell scrolls to its images
            took = tab.wait("click", partial(tab.page.mouse.click, cell["x"], cell["y"]), images_of(cell))
            clicked.append(told(f"{cell['images']} images of a cell", tab, took))
        drawn = f"{CHART}?.data?.reduce((sum, one) => sum + (one.x?.length ?? 0), 0) >= {total}"
        for words_ in ("How the data lie", "Their pixels"):
            took = tab.wait("click", tab.page.get_by_text(words_, exact=True).click, f"!({MATRIX}) && {drawn}")
            mapped.append(told(f"the map by “{words_}”", tab, took))
    features, pixels = map(words, mapped)
    return [
        (f"Inspect: {total:,} images evaluated, from the click to the matrix", typical(evaluated), "≤ 10 s"),
        ("Inspect: a click on a cell to its images, p95", nearly_all(clicked), "≤ 300 ms"),
        (f"Inspect: a map of {total:,} images by PCA", f"by features {features}, by pixels {pixels}", "≤ 3 s"),
    ]


def quickly_trained(lab: Lab) -> Run:
    name = "mnist-cnn" if locate(catalog.spec("mnist"), lab.workspace.data) else "digits-quick"
    config = recipe(name).config.replace({"training.epochs": 1, "data.limit": 1000})
    list(prepare.prepare(DataSource(config.data.name), lab.workspace))
    return train_here(config, lab, "", None, lambda event: None)


def forget(lab: Lab, run: Run) -> None:
    """What is kept of its evaluations."""
    folder = lab.workspace.run(run.id)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    for file in folder.glob("evaluation-*.json"):
        file.unlink()


def images_of(cell: dict[str, Any]) -> str:
    """That the link asks for them, and that they are drawn."""
    link = "new URLSearchParams(location.search)"
    asked = " && ".join(f"{link}.get({name!r}) === {json.dumps(cell[name])}" for name in ("true", "answer"))
    many = min(cell["images"], ON_A_PAGE)
    return f"{asked} && bench.all('.eplab-grid button').length === {many} && bench.pictures({many})"
