"""The curves of runs, a chart a metric, as the pages draw them."""

from collections.abc import Sequence

from core.charts.curves import LETTERS, alt_text, line_charts
from core.charts.style import run_marks
from core.insight.branches import branch_epochs
from core.insight.comparison import Curve, curves, default_smoothing, metrics_of, points_of_line
from core.locale import _
from core.report.document import Block, Figure, Figures, Legend, Words, missing
from core.report.subject import Subject
from core.runs.store import EpochRow, StepRow
from core.sanitize import one_line
from core.training.metrics import METRICS

ALSO_DRAWN = "lr"  # beside what the page of a run draws at once; where it changes


def curve_blocks(subjects: Sequence[Subject]) -> list[Block]:
    """A chart a metric. Several runs are told apart by letters, in the order of `subjects`."""
    panels = curve_panels(subjects, points_of_line(len(subjects)))
    if not panels:
        words = _("There are no numbers: the run did not come so far, or its weights were loaded from a file.")
        return [missing(words)]
    ids = [one.run.id for one in subjects]
    marks = run_marks(ids, subjects[0].lab.store.ids())
    colours, symbols = ({run: getattr(mark, name) for run, mark in marks.items()} for name in ("colour", "symbol"))
    letters = dict(zip(ids, LETTERS, strict=False)) if len(subjects) > 1 else {}
    figures = []
    for name, drawn in panels.items():
        chart = line_charts({name: drawn}, colours, symbols=symbols, columns=1, letters=letters)
        figures.append(Figure(chart, one_line(alt_text({name: drawn}))))
    part = _("test") if any(one.run.config.data.measured_on == "test" for one in subjects) else _("validation")
    told = _("Solid: training. Dashed: {split}. A diamond marks the best point.", split=part)
    moves = _("Drag over a chart to enlarge a part of it; a double click shows all again.")
    named = [(letters[one.run.id], one.run.name, marks[one.run.id]) for one in subjects if letters]
    return [Words(told), Words(moves, "screen"), *([Legend(named)] if named else []), Figures(figures)]


def curve_panels(subjects: Sequence[Subject], most: int) -> dict[str, list[Curve]]:
    """Metric → the curves of all runs, each of at most so many points; empty where no run has numbers."""
    since = branch_epochs([one.run for one in subjects])
    have = {spec.name for one in subjects for spec in metrics_of(one.epochs, one.steps)}
    names = [name for name, spec in METRICS.entries.items() if name in have and (
        spec.drawn_at_once or (name == ALSO_DRAWN and any(map(has_schedule, subjects))))]  # fmt: skip
    smoothing = default_smoothing(len(one.steps) for one in subjects)
    panels = {
        name: [
            curve
            for one in subjects
            for curve in curves(one.run, one.epochs, one.steps, name, "epoch", smoothing, most, since[one.run.id])
        ]
        for name in names
    }  # fmt: skip
    return {name: drawn for name, drawn in panels.items() if drawn}


def has_schedule(subject: Subject) -> bool:
    """Whether the learning rate changes."""
    rows: Sequence[EpochRow | StepRow] = subject.steps or subject.epochs
    return len({row[ALSO_DRAWN] for row in rows} - {None}) > 1
