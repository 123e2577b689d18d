"""The Compare page with very many runs."""

from benchmarks.screen.stage import Row, Stage, told, typical
from benchmarks.screen.tab import DRAWN


def compare(stage: Stage) -> list[Row]:
    """From the click in the sidebar to the table, and to the curves of many long runs, drawn and at rest."""
    size, crowd = stage.size, stage.crowd
    with stage.tab(crowd) as tab:
        tab.visit("/Compare", DRAWN["Compare"])
        listed = [visited(tab, "a table of runs", DRAWN["Compare"]) for _ in range(size.lists)]
    chosen = ",".join(run.id for run in stage.long)
    # Loss and accuracy, each in training and in validation.
    curves = f"bench.lines() >= {4 * size.overlaid} && {DRAWN['Compare']}"
    with stage.tab(crowd) as tab:
        told("the same for the first time, by its link", tab, tab.visit(f"/Compare?runs={chosen}", curves))
        overlaid = [visited(tab, "many long runs", curves) for _ in range(size.lists)]
    return [
        (f"Compare: {size.crowd} runs listed", typical(listed), "≤ 1 s"),
        (f"Compare: {size.overlaid} runs of {size.long} steps overlaid", typical(overlaid), "≤ 1.5 s"),
    ]


def visited(tab, what: str, shown: str) -> float:
    """Leave the page and come back by the sidebar; what is ticked stays so."""
    tab.turn_to("Home")
    return told(what, tab, tab.turn_to("Compare", shown))
