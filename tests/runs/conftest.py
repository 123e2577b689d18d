import time
from collections.abc import Callable

import pytest

from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.locks import is_locked
from core.runs.store import Run

PATIENCE = 90.0  # seconds: a slow machine may take long to import torch


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is so; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def small() -> RunConfig:
    """A run of a second or so on the digits."""
    return RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 3})


@pytest.fixture
def long() -> RunConfig:
    """A run that is still training when the test has done what it wants to it."""
    return RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 1000})


@pytest.fixture
def quiet(lab: Lab):
    """The lab; at the end nothing of it is left running."""
    yield lab
    for run in lab.store.all(["queued", "running"]):
        lab.cancel(run.id)
    until(lambda: not any(r.state == "running" for r in lab.runs()))
    until(lambda: not is_locked(lab.executor.spare_lock))


def go_on(lab: Lab, run: Run) -> Run:
    """As a worker does when somebody has pressed Resume."""
    lab.resume(run.id)
    lab.store.move(run.id, "running", only_from=["queued"])
    return execute(lab.store.get(run.id), lab)
