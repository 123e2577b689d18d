"""The Predict page: the end of a stroke to the new answer."""

from benchmarks.screen.stage import Row, Stage, nearly_all, told
from benchmarks.screen.tab import DRAWN, Tab

ONE_SHEET = 4  # strokes before a new sheet is taken


def strokes(stage: Stage) -> list[Row]:
    rows, readers = [], stage.readers
    for count, asked in ((1, "≤ 600 ms"), (len(readers), "≤ 800 ms")):
        with stage.tab(stage.lab) as tab:
            tab.visit(f"/Predict?run={','.join(run.id for run in readers[:count])}", DRAWN["Predict"])
            stroke(tab, 0)  # the first answer loads the models
            shown = tab.page.evaluate("() => bench.answers()")
            times = [told("a stroke", tab, stroke(tab, number)) for number in range(1, stage.size.strokes + 1)]
        some = "one model" if count == 1 else f"{count} models"
        less = "" if shown == count else f", of which the page takes {shown}"
        rows.append((f"the end of a stroke to the new bars, {some}{less}, p95", nearly_all(times), asked))
    return rows


def stroke(tab: Tab, number: int) -> float:
    """Draw a line, somewhere else than the last one; now and then on a new sheet."""
    place = number % ONE_SHEET
    if number and place == 0:
        clear = tab.page.get_by_role("button", name="Clear", exact=True)
        tab.wait("click", clear.click, f"bench.answers() === 0 && {DRAWN['Predict']}")
    box, mouse = tab.page.locator("canvas.upper-canvas").bounding_box(), tab.page.mouse
    x, y = box["x"] + box["width"] * (0.25 + 0.15 * place), box["y"] + box["height"] * 0.2
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 13):
        mouse.move(x + step, y + box["height"] * 0.6 * step / 12)
    return tab.wait("mouseup", mouse.up, "bench.answers() > 0")
