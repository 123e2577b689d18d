"""A run with all that a report tells of it, and a sentence for each thing that is not there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from core.datasets.source import DataSource
from core.errors import Problem
from core.insight.answers import changed
from core.insight.data_doubts import with_data_doubts
from core.insight.diagnosis import Verdict, measured, verdicts_of
from core.insight.evaluation import image_predictions
from core.insight.image_scores import ImageScores, image_scores
from core.insight.predictions import Predictions
from core.loading.split import by_name, parts
from core.locale import _
from core.prepared import prepare
from core.prepared.arrays import Meta, Prepared
from core.runs.lab import Lab
from core.runs.store import UNREADABLE, EpochRow, Run, StepRow
from core.training import checkpoint
from core.training.events import Evaluating
from core.training.verdict import Measured

UNKNOWN = Measured(0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Environment:
    """What a run wrote down of where it was trained; "" and 0 where its version did not."""

    versions: dict[str, str]  # by name: torch, torchvision, python, epochlab
    device: str
    threads: int
    precision: str


@dataclass
class Subject:
    """`absent` has the sentences: why there are no images, no answers, no environment."""

    run: Run
    lab: Lab
    epochs: Sequence[EpochRow]
    steps: Sequence[StepRow]
    verdicts: Sequence[Verdict]
    meta: Meta | None = None  # of the data set that it learned from
    prepared: Prepared | None = None  # that set, where it is still there
    environment: Environment | None = None
    answers: Predictions | None = None  # of the last weights, to the test images
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Whether its settings are known."""
        return self.run.code != UNREADABLE

    @cached_property
    def scores(self) -> ImageScores | None:
        return image_scores(self.answers) if self.answers else None

    @cached_property
    def confusion(self) -> np.ndarray | None:
        """(C, C): `[i, j]` test images of class i that were taken for class j."""
        return self.answers.answers.confusion(self.answers.classes) if self.answers else None

    @cached_property
    def measured(self) -> Measured:
        """The counts behind the test score; `total` is 0 where there is none."""
        found = measured(self.run, self.verdicts)
        if not 0 <= max(found.correct, found.largest) <= found.total or found.correct < 0:
            found = UNKNOWN  # a summary that somebody else wrote
        if not found.total and self.confusion is not None:  # weights that were loaded from a file
            true, named = self.confusion.sum(1), self.confusion.sum(0)
            counts = int(self.confusion.trace()), int(true.sum()), int(true.max()), int((named > 0).sum())
            found = Measured(*counts, len(true))
        return with_data_doubts(found, self.run, "test", self.lab.workspace) if self.prepared else found

    @cached_property
    def part_counts(self) -> dict[str, int]:
        """How many images the run learned from and was measured on, by the name of the part; empty where that cannot be
        told."""
        config = self.run.config
        try:
            found = self.prepared and by_name(
                self.prepared, parts(self.prepared, config.data.validation, config.data.limit, config.training.seed)
            )
        except Problem:
            return {}
        return {name: len(images) for name, images in (found or {}).items()}


def look_at(run: Run, lab: Lab, observe: Callable[[Evaluating], None] = lambda beat: None) -> Subject:
    """Everything of a run that a report tells. Its test images are answered if that is still to do and it is finished;
    `observe` gets the progress."""
    epochs, steps = lab.store.epochs(run.id), lab.store.steps(run.id)
    if run.code == UNREADABLE:
        return Subject(run, lab, epochs, steps, [], absent=dict.fromkeys(("data", "images", "answers", "environment"),
                                                                         run.message))  # fmt: skip
    found = Subject(run, lab, epochs, steps, [])
    with saying(found, "verdict"):
        found.verdicts = verdicts_of(run, epochs, steps, lab)
    with saying(found, "data"):
        found.prepared = prepare.find(DataSource.of(run.config.data), lab.workspace)
        found.meta = found.prepared.meta if found.prepared else None
    with saying(found, "environment"):
        read_checkpoint(found, lab.files.checkpoint(run.id))
    found.absent["images"] = _("The images are not here any more: the data set was removed, or its files were lost.")
    if found.prepared and found.meta and found.prepared.meta.fingerprint != found.meta.fingerprint:
        found.prepared = None
        found.absent["images"] = str(changed(found.meta.title, run.name))
    if run.state != "finished":
        found.absent["answers"] = _("The run has not ended by finishing, so it was not measured on its test images.")
        return found
    with saying(found, "answers"):
        found.answers = image_predictions(run, "test", lab.workspace, checkpoint.LAST, observe)
    if found.answers and (found.meta is None or found.answers.classes != len(found.meta.classes)):
        found.answers = None
        found.absent["answers"] = found.absent.get("environment") or found.absent["images"]
    return found


@contextmanager
def saying(subject: Subject, what: str) -> Iterator[None]:
    """A context in which a problem becomes the sentence of what is absent then."""
    try:
        yield
    except Problem as problem:
        subject.absent[what] = str(problem)


def read_checkpoint(subject: Subject, path: Path) -> None:
    """Fill in what a run's last checkpoint says of its data set and of where it was trained."""
    if not path.exists():
        raise Problem("It has no checkpoint, so it wrote nothing down.")
    values = checkpoint.load(path)
    with checkpoint.reading_checkpoint(path):
        subject.meta = Meta.model_validate_json(values["meta"])
        known = {str(name): str(one) for name, one in values.get("versions", {}).items()}
        subject.environment = Environment(
            known, str(values.get("device", "")), int(values.get("threads", 0)), str(values.get("precision", ""))
        )
