"""What a run will take is read from the runs that did the same work, and from no others."""

from dataclasses import replace

import pytest

from core.run_config import RunConfig
from core.runs import forecast, trial
from core.runs.execute import execute
from core.runs.store import EpochRow
from core.training.pace import Pace
from tests.runs.conftest import until


def finished(lab, config: RunConfig, *, fixed: float = 1.0, epoch: float = 2.0, memory: int | None = None):
    """A run of which only the times matter."""
    run = lab.store.add(config, state="finished")
    rows = [EpochRow(0, 0, {}, fixed), *(EpochRow(n, n, {}, fixed + n * epoch) for n in (1, 2, 3))]
    for row in rows:
        lab.store.report(run.id, epoch=row)
    seconds = fixed + 3 * epoch
    lab.store.change(run.id, finished=run.created + 1, summary={"training_seconds": seconds, "memory": memory})
    return lab.store.get(run.id)


def test_the_middle_of_the_runs_like_it(lab, small):
    for epoch in (2.0, 2.2, 9.0):
        finished(lab, small, epoch=epoch, memory=500 if epoch < 9 else None)
    found = forecast.pace_of_runs(small, lab.runs(), lab)
    assert found == Pace(pytest.approx(1.0), pytest.approx(2.2), 500, 3)
    assert found.seconds(10) == pytest.approx(23.0)
    assert forecast.in_words(found, 10) == "About 23 s · 500 bytes of memory · from 3 runs"


@pytest.mark.parametrize(
    "change",
    [
        {"training.epochs": 50},
        {"training.seed": 7},
        {"optimizer.lr": 0.1},
        {"schedule.name": "cosine"},
        {"data.version": "v2"},
    ],
)
def test_these_do_the_same_work(lab, small, change):
    finished(lab, small)
    assert forecast.pace_of_runs(small.replace(change), lab.runs(), lab)


@pytest.mark.parametrize(
    "change",
    [
        {"training.batch_size": 8}, {"model.widths": [9]}, {"data.limit": 100}, {"optimizer.name": "sgd"},
        {"augment.rotate": 5.0}, {"training.precision": "float32"}, {"data.validation": 0.3},
    ],
)  # fmt: skip
def test_these_do_not(lab, small, change):
    finished(lab, small)
    assert forecast.pace_of_runs(small.replace(change), lab.runs(), lab) is None


def test_only_what_had_ended_before_is_a_forecast(lab, small):
    first = finished(lab, small)
    assert forecast.pace_of_runs(small, lab.runs(), lab, before=first.finished)
    assert forecast.pace_of_runs(small, lab.runs(), lab, before=first.finished - 0.5) is None


def test_a_model_that_was_loaded_from_a_file_says_nothing(lab, small):
    run = lab.store.add(small, state="finished")
    lab.store.change(run.id, finished=1.0, summary={"test_accuracy": 0.9})
    assert forecast.pace_of_runs(small, lab.runs(), lab) is None


def test_a_real_run_is_told_with_its_memory(lab, digits, small):
    run = lab.store.add(small, state="running")
    execute(run, lab)
    found = forecast.pace_of_runs(small, lab.runs(), lab)
    assert found and found.runs == 1 and found.memory and found.memory > 50e6
    took = lab.store.get(run.id).summary["training_seconds"]
    assert found.seconds(small.training.epochs) == pytest.approx(took)


# A trial is a process


@pytest.mark.slow
def test_timed_steps_and_the_rate_finder_in_their_own_processes(lab, digits, small):
    workspace = lab.workspace
    assert trial.status("estimate", small, workspace).state == "absent"
    assert trial.timed_pace(small, workspace) is None
    assert trial.start("estimate", small, workspace, asked=False)
    other = small.replace({"training.batch_size": 8})
    assert not trial.start("estimate", other, workspace, asked=False), "one at a time"
    until(lambda: trial.status("estimate", small, workspace).state != "running")
    found = trial.timed_pace(small.replace({"training.epochs": 40}), workspace)
    assert found and found.runs == 0 and 0 < found.seconds(40) < 60
    ended = trial.status("estimate", small, workspace).ended
    assert trial.timed_pace(small, workspace, before=ended - 1) is None

    assert trial.start("estimate", other, workspace, asked=False)
    assert trial.start("find-lr", small, workspace), "a person's ends the other"
    assert trial.status("estimate", other, workspace).state == "absent"
    assert not trial.start("find-lr", other, workspace), "and is ended by none"
    until(lambda: trial.status("find-lr", small, workspace).state != "running")
    done = trial.status("find-lr", small.replace({"optimizer.lr": 0.5}), workspace)
    assert done.state == "done" and done.reports[0]["step"] == 1 and done.reports[-1]["suggestion"] > 0
    trial.cancel("find-lr", small, workspace)
    assert trial.status("find-lr", small, workspace).state == "absent"


@pytest.mark.slow
def test_a_trial_that_cannot_be_is_told_in_a_sentence(lab, digits, small):
    wrong = small.replace({"model.channels": [8] * 8})  # the images are too small for so many blocks
    assert trial.start("find-lr", wrong, lab.workspace)
    until(lambda: trial.status("find-lr", wrong, lab.workspace).state != "running")
    told = trial.status("find-lr", wrong, lab.workspace)
    assert told.state == "failed" and "Traceback" not in told.error and len(told.error) > 20
    assert replace(told, ended=0.0).reports == []


def test_old_logs_go(workspace, small, monkeypatch):
    monkeypatch.setattr(trial, "KEPT", 2)
    workspace.trials.mkdir(parents=True)
    for number in range(4):
        (workspace.trials / f"estimate-{number}.log").write_text("{}")
        (workspace.trials / f"estimate-{number}.json").write_text("{}")
    trial._tidy(workspace.trials)
    assert len(list(workspace.trials.iterdir())) == 4
