"""The Train page: from Start to the first point of the chart, and a slider."""

from benchmarks.screen.stage import Row, Stage, nearly_all, told, typical, until
from benchmarks.screen.tab import DRAWN
from core.charts.curves import PARTS
from core.runs.lab import Lab
from core.runs.store import Run

FORM = "/Train?recipe=digits-quick"
SLIDERS = ("Epochs", "Learning rate", "Batch size")


def first_point(stage: Stage) -> list[Row]:
    """From the click on Start to the first point of the training curve, in place of the run that was shown before; a
    spare worker is ready."""
    lab, times = stage.lab, []
    with stage.tab(lab) as tab:
        for _ in range(stage.size.starts):
            stage.get_spare(lab)
            tab.visit(FORM, DRAWN["Train"])
            button = tab.page.get_by_role("button", name="Start training")
            before = [f".st-key-status-{run.id}" for run in lab.runs(limit=1)]
            point = f"bench.points({PARTS['train']!r}) > 0 && {before}.every(shown => !bench.all(shown).length)"
            times.append(told("the first point", tab, tab.wait("click", button.click, point, quiet=0)))
            stop(lab, lab.runs(limit=1)[0])
    return [("click on Start to the first point of the training curve", typical(times), "≤ 1.5 s")]


def slider(stage: Stage) -> list[Row]:
    """From an arrow key on a slider of the form to the page at rest."""
    times = []
    with stage.tab(stage.lab) as tab:
        tab.visit(FORM, DRAWN["Train"])
        for move in range(stage.size.moves):
            thumb = tab.page.locator(f'[type=range][aria-label="{SLIDERS[move // 2 % len(SLIDERS)]}"]').first
            thumb.focus()
            key = ("ArrowRight", "ArrowLeft")[move % 2]
            took = tab.wait("keydown", lambda key=key: tab.page.keyboard.press(key), DRAWN["Train"])
            times.append(told("a slider", tab, took))
    return [("a slider moved on Train to the page at rest, p95", nearly_all(times), "≤ 250 ms")]


def stop(lab: Lab, run: Run) -> None:
    if lab.run(run.id).active:
        lab.cancel(run.id)
    until(lambda: not lab.run(run.id).active, "the run did not stop")
