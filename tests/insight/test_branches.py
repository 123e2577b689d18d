"""Where the curves of runs part that have a beginning in common."""

from dataclasses import replace

import pytest

from core.insight.branches import branch_epochs
from core.insight.comparison import curves
from core.run_config import RunConfig
from core.runs.store import Origin, Run
from tests.rows import epoch_row, step_row


def run(name: str, created: float, parent: str = "", epoch: int = 0) -> Run:
    origin = Origin(parent, parent, epoch) if parent else None
    return Run(name, name, "finished", RunConfig(), created, created, origin=origin)


FIRST, FORK, AGAIN = run("a", 1), run("b", 2, "a", 5), run("c", 3, "b", 8)


@pytest.mark.parametrize(("runs", "expected"), [
    ([FIRST, FORK], {"a": 0, "b": 5}),
    ([FORK, FIRST], {"a": 0, "b": 5}),
    ([FORK], {"b": 0}),
    ([FIRST, FORK, AGAIN], {"a": 0, "b": 5, "c": 8}),
    ([FIRST, AGAIN], {"a": 0, "c": 0}),  # the run between is not known here: drawn whole
    ([FORK, run("d", 4, "a", 3)], {"b": 0, "d": 3}),  # of a run that is not shown, or was deleted
    ([FIRST, FORK, run("d", 4, "b", 2)], {"a": 0, "b": 5, "d": 2}),
    ([FIRST, run("e", 5)], {"a": 0, "e": 0}),
], ids=str)  # fmt: skip
def test_a_run_is_drawn_from_where_it_parts(runs: list[Run], expected: dict[str, int]) -> None:
    assert branch_epochs(runs) == expected


def test_runs_that_come_from_each_other_end_the_search() -> None:
    ring = [run("a", 1, "b", 3), run("b", 2, "a", 4)]
    assert branch_epochs(ring) == {"a": 0, "b": 4}


def test_a_curve_begins_where_the_other_one_stands_for_it() -> None:
    epochs = [epoch_row(n, 10 * n, 0.5, 0.5, 5, 10, 1 - n / 10, 0.5, 5, 10, 0.1, float(n)) for n in range(5)]
    steps = [step_row(5 * n, n / 2, 1.0 / (n + 1), 0.5, 0.1, 9.0, n / 2) for n in range(1, 9)]
    for axis, at in (("epoch", 2.0), ("step", 20.0), ("seconds", 2.0)):
        train, val = curves(FORK, epochs, steps, "loss", axis, since=2)
        assert train.x[0] == val.x[0] == at and len(val.x) == 3 and len(train.x) == 5
        whole, _val = curves(FORK, epochs, steps, "loss", axis)
        assert whole.y[-5:] == train.y and len(whole.x) == 8
    assert curves(FORK, epochs, steps, "loss", most=2, since=2)[1].x == [2.0, 4.0]
    smoothed = [replace(row, step=n, epoch=n / 10) for n, row in enumerate(steps * 6)]
    part, whole = (curves(FORK, epochs, smoothed, "loss", weight=0.9, since=since)[0] for since in (2, 0))
    assert part.smoothed == whole.smoothed[-len(part.smoothed) :], "the mean is that of all its points"
