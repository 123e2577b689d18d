"""Paused once, and kill -9 again and again: no reported epoch is lost, no checkpoint is unreadable, and the end has the
same bits."""

import os
import random
import signal
import time

import pytest
import torch

from core.run_config import RunConfig
from core.runs.lab import Lab
from core.training.checkpoint import checkpoint_path, load
from tests.faults import many
from tests.runs.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
KILLS = many(2)
LONG = RunConfig().replace(
    {"model.channels": [8], "model.widths": [16], "model.dropout": 0.3, "training.epochs": max(2, KILLS // 2),
     "training.batch_size": 1, "optimizer.name": "sgd", "optimizer.momentum": 0.9, "optimizer.lr": 0.002,
     "schedule.name": "one_cycle", "augment.rotate": 10.0}
)  # fmt: skip


def worker_at(lab: Lab, run_id: str, moment: float) -> int:
    """The process that trains a run once it has come so far; what the run says of itself if it does not get there."""
    while (run := lab.run(run_id)).active:
        if run.pid and run.progress >= moment:
            return run.pid
        time.sleep(0.02)
    pytest.fail(f"before {moment:.3f} it ended by itself: {run}")


def test_a_worker_killed_at_random_moments_loses_nothing(quiet, digits, monkeypatch):
    monkeypatch.setenv("EPOCHLAB_SAVE_EVERY", "0.1")  # in the middle of epochs, too
    monkeypatch.setenv("EPOCHLAB_RUNS_AT_ONCE", "2")  # the unbroken run beside the broken one
    unbroken, run = quiet.submit(LONG, "unbroken"), quiet.submit(LONG, "broken")
    chance, middle = random.Random(0), 0
    reported: dict[int, object] = {}
    for kill in range(KILLS):
        moment = (kill + chance.random()) / (KILLS + 1)
        pid = worker_at(quiet, run.id, moment)
        if kill:
            os.kill(pid, signal.SIGKILL)
        else:
            quiet.pause(run.id)
        until(lambda: quiet.run(run.id).state in ("interrupted", "paused"), 30)
        assert (quiet.run(run.id).state == "paused") == (kill == 0)
        rows = {row.epoch: row for row in quiet.store.epochs(run.id)}
        assert {epoch: rows.get(epoch) for epoch in reported} == reported, "an epoch that was reported is lost"
        reported = rows
        saved = load(quiet.files.checkpoint(run.id))["progress"]
        assert len(saved["history"]) >= len(rows), "an epoch was reported before it was safe"
        middle += saved["step"] > 0
        quiet.resume(run.id)
    assert middle > KILLS // 4, "most moments are in the middle of an epoch"
    until(lambda: {quiet.run(one.id).state for one in (unbroken, run)} == {"finished"}, 600)
    for which in ("last", "best"):
        a, b = (load(checkpoint_path(quiet.workspace.run(one.id), which))["model"] for one in (unbroken, run))
        assert all(torch.equal(a[name], b[name]) for name in a), which
    names = ("train_loss", "train_correct", "val_loss", "val_correct")
    ends = [[(e.epoch, *(e[name] for name in names)) for e in quiet.store.epochs(one.id)] for one in (unbroken, run)]
    assert ends[0] == ends[1] and len(ends[1]) == LONG.training.epochs + 1
    steps = [row.step for row in quiet.store.steps(run.id)]
    assert steps == sorted(set(steps))
    log = quiet.files.log(run.id)
    assert "Paused at" in log and "Goes on after step" in log
