"""The time of a run has one wording wherever it is told."""

from dataclasses import replace

from core.formatting import NONE, duration
from core.runs.time_spent import time_spent


def test_training_is_told_apart_from_preparation(trained) -> None:
    run = replace(trained, seconds=1.2, summary={"seconds": 28.4, "training_seconds": 1.2})
    assert time_spent(run) == f"{duration(1.2)} ({duration(28.4)} with preparation)"
    assert "preparation" not in time_spent(replace(run, seconds=27.0))
    assert "preparation" not in time_spent(replace(run, summary=None)) and time_spent(replace(run, seconds=0.0)) == NONE
