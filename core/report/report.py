"""Runs → the report on them."""

from collections.abc import Callable, Sequence

from core.errors import BadInput
from core.report.document import MAX_RUNS
from core.report.one_run import one_run
from core.report.page import html_of
from core.report.several_runs import several_runs
from core.report.subject import look_at
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.events import Evaluating


def report(runs: Sequence[Run], lab: Lab, observe: Callable[[Evaluating], None] = lambda beat: None) -> bytes:
    """One HTML file, of one run or of several beside each other, in their order. What cannot be told is a sentence in
    it. Finished runs answer their test images if that is still to do; `observe` gets the progress. `BadInput` of too
    many runs."""
    check_count(len(runs))
    subjects = [look_at(run, lab, observe) for run in runs]
    return html_of(one_run(subjects[0]) if len(subjects) == 1 else several_runs(subjects))


def check_count(runs: int) -> None:
    """Before anything is computed."""
    if not 1 <= runs <= MAX_RUNS:
        raise BadInput("A report compares 1 to {most} runs, not {runs}. Choose fewer.", most=MAX_RUNS, runs=runs)
