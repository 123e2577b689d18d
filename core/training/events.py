"""What `fit` yields. Losses are means in nats, accuracies shares of 1, times seconds worked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from core.training.metrics.spec import Value

DIVERGED = "diverged"  # code of the outcome of a run whose loss became no finite number


@dataclass(frozen=True)
class StepMetrics:
    """A point of the training curves: the steps since the last one."""

    step: int  # of the whole run
    epoch: float  # position: 1.5 is the middle of the second epoch
    metrics: dict[str, Value]  # all that training computes, by name
    seconds: float


@dataclass(frozen=True)
class Score:
    """How a model did on one split."""

    loss: float
    correct: int
    total: int
    metrics: dict[str, Value] = field(default_factory=dict)  # what else an evaluation computes, by name
    largest_class: int = 0  # images of the class that has most of them; 0 of a running mean, or in older checkpoints
    classes_named: int = 0  # classes that the model named at least once

    @property
    def accuracy(self) -> float:
        return self.correct / self.total if self.total else 0.0

    @property
    def named(self) -> dict[str, Value]:
        """All of it by name."""
        own = {"loss": self.loss, "accuracy": self.accuracy, "correct": self.correct, "total": self.total}
        return own | self.metrics


@dataclass(frozen=True)
class EpochMetrics:
    """An epoch has ended. Epoch 0 is the untrained model and has no `train`."""

    epoch: int
    step: int  # steps taken in the whole run
    train: Score | None  # the running mean over the epoch's steps, while the weights were changing
    val: Score
    lr: float
    seconds: float
    best: bool  # the best validation accuracy so far

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Self:
        """The event that `asdict` has made a dict of, in this version or an earlier one."""
        train, val = saved["train"], saved["val"]
        return cls(**{**saved, "train": train and Score(**train), "val": Score(**val)})

    @property
    def metrics(self) -> dict[str, Value]:
        """All of it by name: `train_loss`, `val_accuracy`, `val_correct`, `lr` and so on."""
        train = self.train.named if self.train else dict.fromkeys(("loss", "accuracy", "correct", "total"))
        parts = {"train": train, "val": self.val.named}
        named = {f"{part}_{name}": value for part, values in parts.items() for name, value in values.items()}
        return named | {"lr": self.lr}


@dataclass(frozen=True)
class Training:
    """Training goes on, between two points of the curves. A consumer may want to save or to stop."""

    step: int  # of the whole run
    epoch: float  # position, as in `StepMetrics`
    seconds: float


@dataclass(frozen=True)
class Evaluating:
    """An evaluation goes on: `done` of `total` images. Nothing changes, but a consumer may want to stop."""

    done: int
    total: int


@dataclass(frozen=True)
class Finished:
    """The run is over; `test` is the score of the last weights on the test set."""

    epochs: int
    train: Score | None
    val: Score
    test: Score
    best_epoch: int
    best_val_accuracy: float
    seconds: float
    images_per_second: float  # training images over the time of the training epochs
    stopped_early: bool


Event = StepMetrics | Training | EpochMetrics | Evaluating | Finished
