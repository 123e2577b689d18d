"""Runs beside each other: their table, their curves, and what differs between their settings. Tables; no drawing."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.config import REGISTRIES, RunConfig, fields_of
from core.data import catalog
from core.data.catalog import FOLDER
from core.runs.naming import data_title, model_title
from core.runs.store import EpochRow, Run, StepRow
from core.settings.fields import hints

Metric = Literal["loss", "accuracy", "lr", "images_per_second"]
Axis = Literal["epoch", "step", "seconds"]
MOST = 1000  # points of a curve that are drawn; a browser stays quick with them
FEW = 20  # points from which on averaging shows more than it hides: an epoch is not noise
MISSING = "not set"  # a setting that a run does not have, such as a momentum of Adam


# Curves


@dataclass(frozen=True)
class Curve:
    """One line of a chart. `y` are the numbers as reported, `smoothed` the same with noise averaged away; `best`
    is the best reported point, whether or not thinning kept it."""

    run: str  # the run's id, by which it gets its colour
    name: str
    part: str  # train or val
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)
    best: tuple[float, float] | None = None


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


def thin(count: int, most: int = MOST) -> list[int]:
    """Positions of at most `most` of `count` points, evenly spread, the first and the newest always among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist() if count else []


def curve(rows: Iterable[EpochRow | StepRow], metric: str, x: Axis) -> tuple[list[float], list[float]]:
    """x and y of the field `metric`, such as `val_loss`. Rows without a finite number are left out."""
    found = [(float(getattr(row, x)), getattr(row, metric)) for row in rows]
    kept = [(at, float(value)) for at, value in found if value is not None and math.isfinite(value)]
    return [at for at, _ in kept], [value for _, value in kept]


def curves(
    run: Run,
    epochs: Sequence[EpochRow],
    steps: Sequence[StepRow],
    metric: Metric,
    x: Axis = "epoch",
    weight: float = 0.0,
    most: int = MOST,
) -> list[Curve]:
    """The curves of a run: training from its steps (its epochs where no step was kept), and for loss and accuracy
    validation from its epochs. The best point is that of validation, or of training where nothing else is known.
    Curves of fewer than FEW points stay as they are, whatever the weight."""
    if metric not in ("loss", "accuracy"):
        lines = {"train": curve(steps, metric, x)}
        judged = None
    else:
        lines = {
            "train": curve(steps, metric, x) if steps else curve(epochs, f"train_{metric}", x),
            "val": curve(epochs, f"val_{metric}", x),
        }
        judged = "val" if lines["val"][1] else "train"
    drawn = []
    for part, (at, values) in lines.items():
        if not values:
            continue
        # Smoothed over all points and thinned then: the other way round, thinning would change the average.
        smoothed, kept = smooth(values, weight if len(values) >= FEW else 0.0), thin(len(values), most)
        top = values.index(max(values) if metric == "accuracy" else min(values)) if part == judged else None
        drawn.append(
            Curve(
                run.id,
                run.name,
                part,
                [at[i] for i in kept],
                [values[i] for i in kept],
                [smoothed[i] for i in kept],
                None if top is None else (at[top], values[top]),
            )
        )
    return drawn


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
    found = []
    for name in names:
        values = [flat.get(name, MISSING) for flat in flats.values()]
        if any(not alike(value, values[0]) for value in values):
            words = {run: in_words(name, fields[name], flat.get(name, MISSING)) for run, flat in flats.items()}
            info = fields[name]
            found.append(Difference(name, (info.title if info else None) or part_title(name), words))
    return found


def alike(value: Any, other: Any) -> bool:
    """Whether two values of a setting come to the same; one that a run does not have is as one that is off, such as a
    momentum of 0."""
    return bool(value == other) or (value is MISSING and not other) or (other is MISSING and not value)


def field_of(name: str, configs: Sequence[RunConfig]) -> FieldInfo | None:
    """The field behind a dotted name, in the first of `configs` that has it."""
    part, _, key = name.partition(".")
    for config in configs:
        section: BaseModel = getattr(config, part)
        fields = fields_of(part, type(section))
        if key in fields:
            return fields[key]
    return None


def part_title(name: str) -> str:
    """A title for a field without one: `model.name` → `Model`."""
    part, _, key = name.partition(".")
    return part.capitalize() if key == "name" else key.replace("_", " ").capitalize()


def in_words(name: str, info: FieldInfo | None, value: Any) -> str:
    """A setting's value as the form shows it."""
    labels = hints(info)["labels"] if info and hints(info) else {}
    part, _, key = name.partition(".")
    if key == "name" and part in REGISTRIES:
        return str(REGISTRIES[part][value].title)
    if name == "data.name":
        return "Image folder" if value == FOLDER else catalog.spec(value).title
    if value is None:
        return {"data.limit": "all", "data.size": "automatic"}.get(name, "none")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return str(labels.get(value, value))
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


# The table of runs


@dataclass(frozen=True)
class Filter:
    """Which runs to show. An empty choice lets all through; `text` is looked for in names, notes and tags."""

    states: Sequence[str] = ()
    data: Sequence[str] = ()
    models: Sequence[str] = ()
    tags: Sequence[str] = ()
    text: str = ""

    def lets(self, run: Run) -> bool:
        words = " ".join([run.id, run.name, run.notes, *run.tags]).lower()
        return (
            (not self.states or run.state in self.states)
            and (not self.data or data_title(run.config) in self.data)
            and (not self.models or model_title(run.config) in self.models)
            and (not self.tags or any(tag in self.tags for tag in run.tags))
            and all(word in words for word in self.text.lower().split())
        )


COLUMNS = {
    "name": "Name",
    "state": "State",
    "test": "Test accuracy",
    "best": "Best accuracy",
    "last": "Last accuracy",
    "data": "Data set",
    "model": "Model",
    "epochs": "Epochs",
    "lr": "Learning rate",
    "batch_size": "Batch size",
    "seconds": "Time",
    "speed": "Images a second",
    "created": "Created",
}


def run_table(runs: Sequence[Run], epochs_of: Callable[[str], Sequence[EpochRow]]) -> pd.DataFrame:
    """One row a run, its id as index, columns as in `COLUMNS`. Accuracies are shares of 1, times seconds. The
    epochs are asked for only where a run has no summary yet."""
    rows = []
    for run in runs:
        scores = run.summary or {}
        if not scores:
            values = [row.val_accuracy for row in epochs_of(run.id) if row.epoch and row.val_accuracy is not None]
            scores = {"best_val_accuracy": max(values), "val_accuracy": values[-1]} if values else {}
        rows.append(
            {
                "name": run.name,
                "state": run.state,
                "data": data_title(run.config),
                "model": model_title(run.config),
                "epochs": scores.get("epochs", run.config.training.epochs),
                "lr": run.config.optimizer.lr,
                "batch_size": run.config.training.batch_size,
                "best": scores.get("best_val_accuracy"),
                "last": scores.get("val_accuracy"),
                "test": scores.get("test_accuracy"),
                "seconds": scores.get("seconds", run.seconds or None),
                "speed": scores.get("images_per_second"),
                "created": datetime.fromtimestamp(run.created, UTC),
            }
        )
    table = pd.DataFrame(rows, index=[run.id for run in runs], columns=list(COLUMNS))
    numbers = ["lr", "best", "last", "test", "seconds", "speed"]
    return table.astype(dict.fromkeys(numbers, "float64"))


def class_table(figures: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Precision, recall and F1 of every class: a row a class, a column for each pair (figure, run).

    `figures` is run name → `Evaluation.per_class`, for runs on the same classes."""
    columns = {
        (title, run): [getattr(row, key) for row in rows]
        for key, title in (("precision", "Precision"), ("recall", "Recall"), ("f1", "F1"))
        for run, rows in figures.items()
    }
    classes = [row.name for rows in figures.values() for row in rows][: len(next(iter(figures.values()), ()))]
    return pd.DataFrame(columns, index=pd.Index(classes, name="Class"))
