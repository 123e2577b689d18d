"""What `fit` yields. Losses are means in nats, accuracies shares of 1, times seconds worked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepMetrics:
    """Means over the steps since the last such event, several times a second."""

    step: int  # of the whole run
    epoch: float  # position: 1.5 is the middle of the second epoch
    loss: float
    accuracy: float
    lr: float
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class Score:
    """How a model did on one split."""

    loss: float
    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.total if self.total else 0.0


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


Event = StepMetrics | EpochMetrics | Evaluating | Finished
