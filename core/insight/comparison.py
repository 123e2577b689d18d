"""Runs beside each other: their table, their curves, and what differs between their settings. Tables; no drawing."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.locale import _, translate
from core.runs.naming import data_title, model_title
from core.runs.seeds import group_name
from core.runs.setting_words import MISSING, field_of, in_words, part_title
from core.runs.starting_weights import source_names
from core.runs.store import EpochRow, Run, StepRow
from core.training.metrics import DECISIVE, METRICS, spec_of
from core.training.metrics.spec import NAME, MetricSpec

if TYPE_CHECKING:
    import pandas as pd

Axis = Literal["epoch", "step", "seconds"]
MAX_CURVE_POINTS = 1000  # points of a curve that are drawn; a browser stays quick with them
SMOOTHING, NOISY_STEPS = 0.6, 200  # from so many rows of steps on, curves are smoothed unless a person says otherwise
MAX_POINTS_IN_PANEL = 8000  # of all lines of a panel together; what is more than a screen can show takes time
MAX_POINTS, MIN_POINTS = 500, 300  # points of one line: a panel is some 600 pixels wide
MEASURED = ("best", "last", "test", "seconds", "speed")  # columns of the table of runs that have a mean
MIN_POINTS_TO_SMOOTH = 20  # points from which on averaging shows more than it hides: an epoch is not noise


# Curves


@dataclass(frozen=True)
class Curve:
    """One line of a chart. `y` are the numbers as reported, `smoothed` the same with noise averaged away; `best`
    is the best reported point, whether or not thinning kept it."""

    run: str  # the run's id, by which it gets its colour
    name: str
    part: str  # what it was measured on: train, val or test
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)
    best: tuple[float, float] | None = None
    band: tuple[list[float], list[float]] | None = None  # below and above `y`, for the mean of several runs


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """A debiased exponential moving average: each value is the mean of all up to it, the one k places back
    counting weight**k times. Written as a running mean, so a constant series stays exactly as it is."""
    smoothed: list[float] = []
    mean, share = 0.0, 1.0  # share: weight**t, what a start at zero would still count
    for value in values:
        share *= weight
        mean += (value - mean) * (1 - weight) / (1 - share) if smoothed else value
        smoothed.append(mean)
    return smoothed


def thin(count: int, most: int = MAX_CURVE_POINTS) -> list[int]:
    """Positions of at most `most` of `count` points, evenly spread, the first and the newest always among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist() if count else []


def curve(rows: Iterable[EpochRow | StepRow], name: str, x: Axis) -> tuple[list[float], list[float]]:
    """x and y of the values of that name, such as `val_loss`. Rows without a finite number are left out."""
    found = [(float(getattr(row, x)), row.metrics.get(name)) for row in rows]
    kept = [(at, float(value)) for at, value in found if value is not None and math.isfinite(value)]
    return [at for at, value in kept], [value for at, value in kept]


def default_smoothing(steps: Iterable[int]) -> float:
    """How much the curves of runs with so many rows of steps are smoothed unless a person says otherwise: all of them
    alike, as a smoothed curve beside a raw one would seem worse."""
    return SMOOTHING if any(count > NOISY_STEPS for count in steps) else 0.0


def points_of_line(runs: int) -> int:
    """The most points of each line where so many runs stand in one panel."""
    return min(MAX_POINTS, max(MIN_POINTS, MAX_POINTS_IN_PANEL // runs))


def curves(
    run: Run,
    epochs: Sequence[EpochRow],
    steps: Sequence[StepRow],
    metric: str,
    x: Axis = "epoch",
    weight: float = 0.0,
    most: int = MAX_CURVE_POINTS,
    since: int = 0,
) -> list[Curve]:
    """The curves of a run: training from its steps (its epochs where no step was kept), and from its epochs what was
    measured after each. The best point of a metric that is evaluated is one of these, or of training where nothing else
    is known. Only steps are smoothed, from MIN_POINTS_TO_SMOOTH points on. With `since` the lines begin at the end of
    that epoch, where another run's line stands for what came before."""
    stepwise = bool(steps) and metric in steps[-1].metrics
    measured_on = run.config.data.measured_on
    lines = {
        "train": curve(steps, metric, x) if stepwise else curve(epochs, f"train_{metric}", x),
        measured_on: curve(epochs, f"val_{metric}", x),
    }
    # The untrained model cannot be the best one: as it is sure of nothing, it is well calibrated.
    trained = curve([row for row in epochs if row.epoch], f"val_{metric}", x)
    judged = measured_on if lines[measured_on][1] else "train"
    best = best_point(spec_of(metric), *(trained if trained[1] else lines[judged]))
    drawn = []
    for part, (at, values) in lines.items():
        if not values:
            continue
        # Smoothed over all points and thinned then: the other way round, thinning would change the average. An epoch's
        # validation is no noise: its mean with earlier ones would show less than was measured.
        noisy = part == "train" and stepwise and len(values) >= MIN_POINTS_TO_SMOOTH
        smoothed, first = smooth(values, weight if noisy else 0.0), first_of(at, epochs, x, since)
        kept = [first + place for place in thin(len(values) - first, most)]
        drawn.append(
            Curve(
                run.id,
                run.name,
                part,
                [at[i] for i in kept],
                [values[i] for i in kept],
                [smoothed[i] for i in kept],
                best if part == judged else None,
            )
        )
    return drawn


def first_of(at: Sequence[float], epochs: Sequence[EpochRow], x: Axis, since: int) -> int:
    """The position among the places `at` where a line begins at the end of the epoch `since`."""
    begins = next((float(getattr(row, x)) for row in epochs if row.epoch == since), 0.0) if since else 0.0
    return max(0, sum(place <= begins for place in at) - 1) if since else 0


def best_point(spec: MetricSpec, at: Sequence[float], values: list[float]) -> tuple[float, float] | None:
    """The first of the best values with its place; None where no value is better than another."""
    if not values or not spec.evaluated or spec.direction is None:
        return None
    best = spec.best(values)
    return at[values.index(best)], best


def metrics_of(epochs: Sequence[EpochRow], steps: Sequence[StepRow]) -> list[MetricSpec]:
    """The metrics of which a run has numbers, in their order; last those whose entries are not installed any more."""
    known = {name for row in epochs for name, value in row.metrics.items() if value is not None}
    found = {name for part, _bar, name in (name.partition("_") for name in known) if part in ("train", "val")}
    found = found.union(*(row.metrics for row in steps[-1:])) - {"correct", "total"}
    return [spec_of(name) for name in in_order(filter(NAME.fullmatch, found))]  # in a damaged row are others


def evaluated_columns(epochs: Sequence[EpochRow]) -> list[tuple[str, MetricSpec]]:
    """What a table of these epochs shows beside their time: `train` or `val`, and the metric. What every evaluation
    has is there in any case."""
    found = {spec.name for spec in metrics_of(epochs, ())}
    always = {spec.name for spec in METRICS.entries.values() if spec.in_score}
    return [
        (part, spec_of(name))
        for part in ("train", "val")
        for name in in_order(found | always)
        if name in always or any(row[f"{part}_{name}"] is not None for row in epochs)
    ]


def chart_families(found: Iterable[MetricSpec]) -> dict[str, list[MetricSpec]]:
    """Word by which charts are chosen → their metrics: those that are drawn at once, and all that were found."""
    families: dict[str, list[MetricSpec]] = {}
    at_once = (spec for spec in METRICS.entries.values() if spec.drawn_at_once)
    for spec in map(spec_of, in_order(spec.name for spec in (*at_once, *found))):
        families.setdefault(spec.group, []).append(spec)
    return families


def in_order(names: Iterable[str]) -> list[str]:
    """Names of metrics in the order of their entries, unknown ones last."""
    workspace = {name: place for place, name in enumerate(METRICS.entries)}
    return sorted(set(names), key=lambda name: (workspace.get(name, len(workspace)), name))


# Settings


@dataclass(frozen=True)
class Difference:
    """One setting that is not the same in all runs: `values` by run id, in words."""

    name: str  # dotted
    title: str  # as the form calls it
    values: dict[str, str]


def differences(runs: Sequence[Run]) -> list[Difference]:
    """The settings that differ between `runs`, in the order of the form."""
    flats = {run.id: run.config.flat() for run in runs}
    names = list(dict.fromkeys(name for flat in flats.values() for name in flat))
    fields = {name: field_of(name, [run.config for run in runs]) for name in names}
    sources = source_names(runs) | {run.id: run.name for run in runs}
    found = []
    for name in names:
        values = [flat.get(name, MISSING) for flat in flats.values()]
        if any(not alike(value, values[0]) for value in values):
            info = fields[name]
            words = {run: in_words(name, info, flat.get(name, MISSING), sources) for run, flat in flats.items()}
            found.append(Difference(name, translate((info.title if info else None) or part_title(name)), words))
    return found


def alike(value: Any, other: Any) -> bool:
    """Whether two values of a setting mean the same; a setting that a run does not have counts as one that is off, such
    as a momentum of 0."""
    return bool(value == other) or (value is MISSING and not other) or (other is MISSING and not value)


# The table of runs


@dataclass(frozen=True)
class Filter:
    """Which runs to show. An empty choice selects all; `text` is looked for in names, notes and tags."""

    states: Sequence[str] = ()
    data: Sequence[str] = ()
    models: Sequence[str] = ()
    tags: Sequence[str] = ()
    text: str = ""

    def matches(self, run: Run) -> bool:
        words = " ".join([run.id, run.name, run.notes, *run.tags]).lower()
        return (
            (not self.states or run.state in self.states)
            and (not self.data or data_title(run.config) in self.data)
            and (not self.models or model_title(run.config) in self.models)
            and (not self.tags or any(tag in self.tags for tag in run.tags))
            and all(word in words for word in self.text.lower().split())
        )


def run_columns(metrics: Iterable[str] = ()) -> dict[str, str]:
    """Column of the table of runs → its title; what is looked at first comes first, as a narrow screen cuts off the
    rest. `metrics` are names of those that the test images gave beside the decisive one."""
    decisive = translate(METRICS[DECISIVE].in_sentence)
    return {
        "name": _("Name"),
        "test": _("Test {metric}", metric=decisive),
        "lr": _("Learning rate"),
        "best": _("Best {metric}", metric=decisive),
        "last": _("Last {metric}", metric=decisive),
        "state": _("State"),
        "model": _("Model"),
        "data": _("Data set"),
        "epochs": _("Epochs"),
        "batch_size": _("Batch size"),
        "seed": _("Seed"),
        "seconds": _("Time with preparation"),
        "speed": _("Images a second"),
        "created": _("Created"),
        "measured_on": _("Best and last are of"),
        "tags": _("Tags"),
        **{f"test_{name}": _("Test {metric}", metric=translate(spec_of(name).in_sentence)) for name in metrics},
    }


def group_rows(table: "pd.DataFrame", groups: Sequence[Sequence[Run]]) -> "pd.DataFrame":
    """A table of runs with one row for each group of those that differ in the seed alone, its first run's id as index:
    the means of what was measured, how many seeds, and the sample standard deviation of the test score."""
    measured = [name for name in table.columns if name in MEASURED or str(name).startswith("test_")]
    rows = []
    for group in groups:
        own = table.loc[[run.id for run in group]]
        found = own.iloc[0].to_dict() | own[measured].mean().to_dict()
        tags = dict.fromkeys(tag for run in group for tag in run.tags)
        rows.append(found | {"name": group_name(group), "tags": ", ".join(tags), "seeds": len(group),
                             "deviation": own["test"].std() if len(group) > 1 else math.nan})  # fmt: skip
    import pandas as pd

    order = [name for name in table.columns if name != "seed"]
    order[order.index("test") + 1 : order.index("test") + 1] = ["deviation", "seeds"]
    return pd.DataFrame(rows, index=[group[0].id for group in groups], columns=order)


def tested(summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The metrics that the test images gave beside loss and accuracy, which every summary has."""
    named = {name.partition("_") for name in set().union(*summaries)}
    always = {"correct", "total", *(spec.name for spec in METRICS.entries.values() if spec.in_score)}
    return in_order(name for part, _bar, name in named if part == "test" and name not in always)


def run_table(runs: Sequence[Run], epochs_of: Callable[[str], Sequence[EpochRow]]) -> "pd.DataFrame":
    """One row a run, its id as index, columns as in `run_columns`. Accuracies are shares of 1, times seconds. The
    epochs are asked for only where a run has no summary yet, or one that takes the untrained model for its best."""
    rows = []
    metrics = tested(run.summary for run in runs if run.summary)
    for run in runs:
        scores = dict(run.summary or {})
        if not scores or scores.get("best_epoch") == 0:  # as earlier versions counted
            name = f"val_{DECISIVE}"
            values = [value for row in epochs_of(run.id) if row.epoch and (value := row[name]) is not None]
            scores |= {f"best_{name}": max(values), name: values[-1]} if values else {}
        rows.append(
            {
                "name": run.name,
                "state": run.state,
                "data": data_title(run.config),
                "model": model_title(run.config),
                "epochs": scores.get("epochs", run.config.training.epochs),
                "lr": run.config.optimizer.lr,
                "batch_size": run.config.training.batch_size,
                "seed": run.config.training.seed,
                "best": scores.get(f"best_val_{DECISIVE}"),
                "last": scores.get(f"val_{DECISIVE}"),
                "test": scores.get(f"test_{DECISIVE}"),
                "measured_on": run.config.data.measured_on,
                "seconds": scores.get("seconds", run.seconds or None),
                "speed": scores.get("images_per_second"),
                "created": datetime.fromtimestamp(run.created, UTC),
                "tags": ", ".join(run.tags),
                **{f"test_{name}": scores.get(f"test_{name}") for name in metrics},
            }
        )
    import pandas as pd  # 0.4 s, which Home need not wait for

    table = pd.DataFrame(rows, index=[run.id for run in runs], columns=list(run_columns(metrics)))
    numbers = ["lr", "best", "last", "test", "seconds", "speed", *(f"test_{name}" for name in metrics)]
    return table.astype(dict.fromkeys(numbers, "float64"))


def class_table(figures: Mapping[str, Sequence[Any]]) -> "pd.DataFrame":
    """Precision, recall and F1 of every class: a row a class, a column for each pair (figure, run).

    `figures` is run name → `Evaluation.per_class`, for runs on the same classes."""
    columns = {
        (title, run): [getattr(row, key) for row in rows]
        for key, title in (("precision", _("Precision")), ("recall", _("Recall")), ("f1", "F1"))
        for run, rows in figures.items()
    }
    classes = [row.name for rows in figures.values() for row in rows][: len(next(iter(figures.values()), ()))]
    import pandas as pd

    return pd.DataFrame(columns, index=pd.Index(classes, name=_("Class")))
