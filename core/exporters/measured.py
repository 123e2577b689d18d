"""What a run has measured, as plain points: the one source of everything that shows its numbers elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.source import DataSource
from core.prepared import prepare
from core.runs import probe_images, watched_images
from core.runs.lab import Lab
from core.runs.store import EpochRow, Run, StepRow
from core.training.metrics import spec_of
from core.training.metrics.spec import Value

COUNTS = ("correct", "total")  # images behind the accuracy; no measure of their own
Setting = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Point:
    """One number. Tags are those that readers of TensorBoard know: `loss/train`, `accuracy/val`, `lr`."""

    step: int  # steps of training before it
    tag: str
    value: float
    time: float  # seconds since 1970 when it was measured, pauses of the run left out


@dataclass(frozen=True)
class Answer:
    """What the run answered to one image, (H, W, 1 or 3) uint8; `truth` is "" where nobody has said what it shows."""

    image: np.ndarray
    answer: str
    probability: float
    truth: str = ""


@dataclass(frozen=True)
class Answers:
    """What it answered to the few images that it is asked after every epoch."""

    step: int
    time: float
    images: list[Answer]


class Feed:
    """The numbers of a run, each given once: of a run that trains, what is new since the last time."""

    def __init__(self, run: Run, lab: Lab, since: int = 0) -> None:
        """With `since` they begin at the end of that epoch, where another run has what came before."""
        self.run, self.lab, self.since = run, lab, since
        self.step = self.epoch = self.shown = -1  # up to which they were given
        self.ended = False
        self.prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
        self.own = watched_images.read(lab.files.watched_images(run.id))

    def new(self) -> tuple[list[Point], list[Answers]]:
        """In the order of their steps. The run is read before its numbers, so of one that has ended they are all; and
        epochs before steps, which a run writes first: so no epoch is given without its steps."""
        self.run = self.lab.run(self.run.id)
        epochs = self.lab.store.epochs(self.run.id)
        steps = self.lab.store.steps(self.run.id, self.step)
        first = next((row.step for row in epochs if row.epoch == self.since), 0) if self.since else 0
        begun = self.begun(epochs)
        seen = max(self.step, steps[-1].step if steps else -1)
        late = [row for row in epochs if row.epoch > self.epoch]
        points = [*step_points(steps, begun), *self.epoch_points(late, begun, seen), *self.final_points(epochs)]
        answers = [one for one in self.answers(epochs, begun) if one.step >= first]
        self.step, self.epoch = seen, max([self.epoch, *(row.epoch for row in late)])
        return sorted((point for point in points if point.step >= first), key=lambda point: point.step), answers

    def begun(self, epochs: Sequence[EpochRow]) -> float:
        """When its time began to run, in seconds since 1970. What a fork took over was measured before it started."""
        origin = self.run.origin
        before = next((row.seconds for row in epochs if origin and row.epoch == origin.epoch), 0.0)
        return (self.run.started or self.run.created) - before

    def epoch_points(self, rows: Sequence[EpochRow], begun: float, seen: int) -> Iterator[Point]:
        """Without counts; and without the learning rate up to the step `seen`, the last one with a point of its own:
        steps have the rate that they were taken with, an epoch that of the next step."""
        for row in rows:
            for name, value in row.metrics.items():
                part, _, metric = name.partition("_")
                if value is None or metric in COUNTS or (name == "lr" and 0 < row.step <= seen):
                    continue
                parts = {"train": f"{metric}/train_epoch", "val": f"{metric}/{self.run.config.data.measured_on}"}
                yield Point(row.step, parts.get(part, name), value, begun + row.seconds)

    def final_points(self, epochs: Sequence[EpochRow]) -> Iterator[Point]:
        """Of the test images, once the run has finished; where they were measured after every epoch, they are there."""
        if self.ended or self.run.state != "finished" or not epochs:
            return
        self.ended = True
        if self.run.config.data.measured_on != "test":
            for name, value in test_scores(self.run).items():
                yield Point(epochs[-1].step, f"{name}/test", value, self.run.finished or self.run.created)

    def answers(self, epochs: Sequence[EpochRow], begun: float) -> Iterator[Answers]:
        """None where the data set is not prepared here any more."""
        rows = {row.epoch: row for row in epochs}
        for told in probe_images.read(self.lab.files.probe_images(self.run.id)) if self.prepared else []:
            if told.epoch > self.shown and told.epoch in rows:
                self.shown, row = told.epoch, rows[told.epoch]
                yield Answers(row.step, begun + row.seconds, list(self.images(told)))

    def images(self, told: probe_images.ProbeAnswers) -> Iterator[Answer]:
        assert self.prepared
        names, labels = self.prepared.meta.classes, self.prepared.labels
        for place, pairs in zip(told.images, told.answers, strict=True):
            if place < len(labels) and pairs[0][0] < len(names):
                yield Answer(self.prepared.image(place), names[pairs[0][0]], pairs[0][1], names[labels[place]])
        for file, pairs in told.own.items():
            if file in self.own and pairs[0][0] < len(names):
                yield Answer(self.own[file], names[pairs[0][0]], pairs[0][1])


def step_points(rows: Sequence[StepRow], begun: float) -> Iterator[Point]:
    tags = {name: f"{name}/train" if spec_of(name).evaluated else name for row in rows[-1:] for name in row.metrics}
    for row in rows:
        for name, value in row.metrics.items():
            if value is not None:
                yield Point(row.step, tags.get(name, name), value, begun + row.seconds)


def test_scores(run: Run) -> dict[str, float]:
    """Metric → its value on the test images; {} before the run has finished."""
    summary: dict[str, Value] = run.summary or {}
    named = {name.removeprefix("test_"): value for name, value in summary.items() if name.startswith("test_")}
    return {name: value for name, value in named.items() if name not in COUNTS and value is not None}


def plain_settings(run: Run) -> dict[str, Setting]:
    """Its settings by dotted name, and its id; what is no plain value (a list, nothing) as text."""
    flat = {name: value if isinstance(value, Setting) else str(value) for name, value in run.config.flat().items()}
    return {"run": run.id, **flat}
