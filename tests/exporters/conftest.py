import pytest

from core.run_config import RunConfig
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.store import Origin, Run
from tests.rows import epoch_row, step_row


@pytest.fixture
def quiet(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab; no worker is started."""
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    return lab


def report(lab: Lab, run: Run, epoch: int, loss: float | None = 0.5) -> None:
    """What a worker writes of an epoch of two points, ten steps apart, which take a second each."""
    at, values = 20 * epoch, (loss, 0.7, 5, 7, loss, 0.9, 9, 10, 0.001)
    if epoch:
        steps = [step_row(at - 10 * left, epoch - left / 2, loss, 0.5, 0.001, 900.0, at / 10 - left) for left in (1, 0)]
        lab.store.report(run.id, steps)
    row = values if epoch else (None, None, None, None, *values[4:])
    lab.store.report(run.id, epoch=epoch_row(epoch, at, *row, at / 10))


@pytest.fixture
def first(quiet: Lab) -> Run:
    """A run of three epochs, by its rows alone."""
    run = quiet.store.add(RunConfig(), "first", state="paused")
    quiet.store.change(run.id, started=1000.0)
    for epoch in range(4):
        report(quiet, run, epoch)
    return quiet.run(run.id)


@pytest.fixture
def fork(quiet: Lab, first: Run) -> Run:
    """One that went on from its second epoch."""
    run = quiet.store.add(RunConfig(), "fork", state="paused", origin=Origin(first.id, "first", 2))
    quiet.store.change(run.id, started=5000.0)
    report(quiet, run, 3, 0.25)
    return quiet.run(run.id)
