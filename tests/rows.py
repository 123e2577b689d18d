"""Rows of numbers, as a worker writes them to the store."""

from core.runs.store import EpochRow, StepRow

STEP = ("loss", "accuracy", "lr", "images_per_second")
SCORE = ("loss", "accuracy", "correct", "total")
EPOCH = (*(f"train_{name}" for name in SCORE), *(f"val_{name}" for name in SCORE), "lr")


def step_row(step: int, epoch: float, *values: float) -> StepRow:
    """The values of STEP and, last, the seconds."""
    return StepRow(step, epoch, dict(zip(STEP, values[:-1], strict=True)), values[-1])


def epoch_row(epoch: int, step: int, *values: float | None) -> EpochRow:
    """The values of EPOCH and, last, the seconds."""
    return EpochRow(epoch, step, dict(zip(EPOCH, values[:-1], strict=True)), values[-1] or 0.0)
