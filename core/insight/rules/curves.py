"""What a rule may look at: a run's settings, its numbers by epoch and step, and the counts of its data set."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from core.loading.augmentations import in_use
from core.locale import _
from core.models.spec import RANDOM
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.runs.store import EpochRow, Run, StepRow
from core.training.optimizers import OPTIMIZERS
from core.training.verdict import interval

FLAT = 0.9  # times the training loss of a third of the run before, or more: it does not fall any more
HARDLY_BETTER = 0.05  # of the way from guessing to all right: a network with random weights may get so far
NEEDED = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_correct", "val_total")


@dataclass(frozen=True)
class RunCurves:
    """A run that has ended, as the store has it. `val_*` are of the part that was measured after every epoch, which is
    the test set where no validation images are held out."""

    run: Run
    rows: Sequence[EpochRow]
    steps: Sequence[StepRow] = ()
    meta: Meta | None = None  # None: the data set is not prepared any more

    @property
    def config(self) -> RunConfig:
        return self.run.config

    @cached_property
    def settings(self) -> dict[str, Any]:
        return self.config.flat()

    def setting(self, name: str) -> Any:
        """The value of a dotted name; None where the run has no such setting."""
        return self.settings.get(name)

    @property
    def part(self) -> str:
        """What the epochs were measured on, in a sentence."""
        return _("test") if self.config.data.measured_on == "test" else _("validation")

    # The curves

    @property
    def begun(self) -> int:
        """The epoch after which its own begin: that of a fork, else 0."""
        return self.run.origin.epoch if self.run.origin else 0

    @cached_property
    def epochs(self) -> list[EpochRow]:
        """The epochs that trained and have all their numbers, first to last; of a fork its own: those before had other
        settings."""
        return [
            row for row in self.rows if row.epoch > self.begun and all(finite(row[name]) is not None for name in NEEDED)
        ]

    def series(self, name: str) -> list[float]:
        """A number of each of the `epochs`."""
        return [float(row[name] or 0.0) for row in self.epochs]

    @property
    def untrained_loss(self) -> float | None:
        """On the images that are measured after every epoch, before the first step."""
        return next((finite(row["val_loss"]) for row in self.rows if row.epoch == 0), None)

    @property
    def last(self) -> EpochRow:
        return self.epochs[-1]

    @property
    def third(self) -> int:
        """A third of the epochs, at least one: "the end" of a run."""
        return max(1, math.ceil(len(self.epochs) / 3))

    @property
    def still_falls(self) -> bool:
        """Whether the training loss of the last epoch is clearly below that of a third of the run before."""
        losses = self.series("train_loss")
        return len(losses) > self.third and losses[-1] < FLAT * losses[-self.third - 1]

    # The yardsticks

    @property
    def classes(self) -> int | None:
        counted = len(self.meta.classes) if self.meta else int((self.run.summary or {}).get("classes") or 0)
        return counted or None

    @property
    def guessing_loss(self) -> float | None:
        """Nats of a model that gives every class the same probability."""
        return math.log(self.classes) if self.classes and self.classes > 1 else None

    @cached_property
    def class_counts(self) -> list[int]:
        """Training images of each class that has some, before any are held out; empty where they are not known."""
        return [count for count in self.meta.class_counts.get("train", ()) if count] if self.meta else []

    @property
    def baseline(self) -> float | None:
        """The accuracy of always naming the largest class, on the training images or, where these were not counted, on
        the test images."""
        if self.class_counts:
            return max(self.class_counts) / sum(self.class_counts)
        summary = self.run.summary or {}
        largest, total = summary.get("largest_class"), summary.get("test_total")
        return largest / total if largest and total else None

    @property
    def prior_loss(self) -> float | None:
        """Nats of a model that has learned how often each class occurs, and nothing else."""
        if not self.class_counts:
            return self.guessing_loss
        shares = [count / sum(self.class_counts) for count in self.class_counts]
        return -sum(share * math.log(share) for share in shares)

    def skill(self, accuracy: float) -> float | None:
        """An accuracy between guessing, 0, and all right, 1."""
        return None if self.baseline is None or self.baseline >= 1 else (accuracy - self.baseline) / (1 - self.baseline)

    def is_guessing(self, accuracy: float) -> bool:
        """Whether an accuracy is hardly better than what always naming the largest class gives."""
        skill = self.skill(accuracy)
        return skill is not None and skill <= HARDLY_BETTER

    def measured_interval(self, row: EpochRow, part: str = "val") -> tuple[float, float]:
        """The 95 % interval of an epoch's accuracy."""
        return interval(row.count(f"{part}_correct") or 0, row.count(f"{part}_total") or 0)

    # The settings

    @property
    def mixes_images(self) -> bool:
        """Whether its training images are mixtures: they are never fitted, and their loss trembles."""
        return any(one.mix for one in in_use(self.config.augment))

    @property
    def lr(self) -> float:
        return self.config.optimizer.lr

    @property
    def usual_lr(self) -> float | None:
        """The optimizer's default; None for a model that has learnt something before, which is tuned with less."""
        if self.config.model.weights != RANDOM:
            return None
        return float(OPTIMIZERS[self.config.optimizer.name].defaults().lr)

    @property
    def lower_lr(self) -> float:
        """The usual rate where this one is far above it, else a tenth."""
        return self.usual_lr if self.usual_lr and self.lr >= 3 * self.usual_lr else rounded(self.lr / 10)


def finite(value: Any) -> float | None:
    """The number, or None for what is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def rounded(rate: float) -> float:
    """A learning rate of two significant digits, within what is allowed."""
    return max(1e-8, float(f"{rate:.2g}"))


def rises(values: Sequence[float]) -> float:
    """All that a series went up, its falls left out."""
    return sum(max(0.0, now - before) for before, now in pairwise(values))
