"""Real worker processes on real digits."""

import os
import time
from pathlib import Path

import pytest
import torch

from core.errors import Problem
from core.runs import outcomes
from core.runs.executors import local
from core.runs.lab import Lab
from core.runs.locks import is_locked
from core.runs.sql_store import SqlStore
from core.runs.worker import NICENESS
from core.training.checkpoint import checkpoint_path, load
from tests.conftest import LONG
from tests.runs.conftest import until

pytestmark = pytest.mark.slow


def weights(lab, run_id):
    return load(checkpoint_path(lab.workspace.run(run_id), "last"))["model"]


def state_of(lab, run_id):
    return lab.run(run_id).state


def started(lab, run_id, epochs=2):
    until(lambda: len(lab.store.epochs(run_id)) >= epochs)


def gives_way(pid):
    """Whether the process is niced, and on Linux its whole session too, which is what counts between sessions."""
    group = Path(f"/proc/{pid}/autogroup")
    niced = os.getpriority(os.PRIO_PROCESS, pid) == NICENESS
    return niced and (not group.exists() or f"nice {NICENESS}" in group.read_text())


@pytest.fixture
def little_memory():
    """A control group whose processes get 4 MB more than they have: who needs more is killed by the system."""
    first = Path("/sys/fs/cgroup/memory")  # where version 1 has it; version 2 is one folder higher
    parent, limit = (first, "memory.limit_in_bytes") if first.is_dir() else (first.parent, "memory.max")
    group = parent / f"epochlab-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        pytest.skip("memory can only be limited by root, on Linux")
    if not (group / limit).exists():
        group.rmdir()
        pytest.skip("memory cannot be limited within this container")
    (group / limit).write_text("4M")
    yield group
    until(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()


def test_a_submitted_run_is_trained_to_its_end(quiet, digits, small):
    """The worker is a session of its own: the server that asked for it may go."""
    run = quiet.submit(small, "first")
    until(lambda: quiet.run(run.id).pid)
    assert os.getsid(quiet.run(run.id).pid) != os.getsid(0)
    later = Lab(quiet.workspace, SqlStore(quiet.workspace.database))
    until(lambda: state_of(later, run.id) not in ("queued", "running"))
    done = quiet.run(run.id)
    assert done.state == "finished" and done.message == "" and done.pid is None and done.progress == 1
    assert done.summary["test_total"] == 360 and done.summary["test_correct"] > 180
    assert [e.epoch for e in quiet.store.epochs(run.id)] == [0, 1, 2, 3] and quiet.store.steps(run.id)
    assert quiet.files.has_checkpoint(run.id) and quiet.files.has_checkpoint(run.id, "best")
    log = quiet.files.log(run.id)
    assert run.id in log and "Starts: CNN with" in log and "thread" in log and "Untrained: validation loss" in log
    assert "Epoch 3 of 3: training loss" in log and "Finished: test accuracy" in log


def test_one_at_a_time_in_the_order_of_the_queue_though_the_first_one_fails(quiet, digits, small):
    """A loss that explodes fails in a sentence, and leaves weights that are numbers."""
    if torch.cuda.device_count() > 1:
        pytest.skip("with several GPUs several runs train at once")
    explosive = {"optimizer.name": "sgd", "optimizer.lr": 10.0, "optimizer.momentum": 0.99, "model.batch_norm": False}
    first = small.replace({**explosive, "training.batch_size": 8, "training.epochs": 30})
    ids = [quiet.submit(config, f"number {i}").id for i, config in enumerate((first, small))]
    seen = set()
    while any(r.active for r in quiet.runs()):
        running = [r.id for r in quiet.runs() if r.state == "running"]
        assert len(running) <= 1
        seen.update(running)
        time.sleep(0.02)
    runs = [quiet.run(i) for i in ids]
    assert [run.state for run in runs] == ["failed", "finished"]
    assert sorted(ids, key=lambda i: quiet.run(i).started) == ids
    failed = runs[0]
    assert "The loss became" in failed.message and "learning rate of 10" in failed.message
    assert f"Failed: {failed.message}" in quiet.files.log(failed.id)
    assert all(tensor.isfinite().all() for tensor in weights(quiet, failed.id).values())


def test_cancelled_while_training_and_while_waiting_then_deleted(quiet, digits, long):
    first, second = quiet.submit(long), quiet.submit(long)
    quiet.cancel(second.id)
    assert state_of(quiet, second.id) == "cancelled"
    started(quiet, first.id)
    assert gives_way(quiet.run(first.id).pid)
    with pytest.raises(Problem, match="Cancel it first"):
        quiet.delete(first.id)
    quiet.cancel(first.id)
    until(lambda: state_of(quiet, first.id) == "cancelled")
    assert quiet.files.has_checkpoint(first.id), "what it learnt is kept"
    with pytest.raises(Problem, match="is cancelled; only a run that waits or trains"):
        quiet.pause(first.id)
    until(lambda: not is_locked(quiet.files.lock(first.id)))
    quiet.delete(first.id)
    assert quiet.runs() == [quiet.run(second.id)] and not quiet.workspace.run(first.id).exists()


def test_a_warm_spare_takes_the_next_run_at_once_and_leaves_when_idle(quiet, digits, small):
    quiet.executor.start_worker(idle=4)
    until(lambda: is_locked(quiet.executor.spare_lock))
    spare = quiet.submit(small)
    until(lambda: state_of(quiet, spare.id) == "finished")
    until(lambda: not is_locked(quiet.executor.spare_lock))


def test_images_of_ones_own_that_are_not_prepared_are_refused_at_once(quiet, small, tmp_path):
    with pytest.raises(Problem, match="not prepared yet"):
        quiet.submit(small.replace({"data.name": "folder", "data.path": str(tmp_path)}))
    assert not quiet.runs()


def test_a_run_that_waits_for_a_worker_that_was_killed_gets_another(quiet, digits, small, monkeypatch):
    monkeypatch.setattr(local, "START_INTERVAL_S", 1.0)
    quiet.attends = True  # as in an open app
    run = quiet.submit(small)
    quiet.executor.worker.kill()  # it was about to import torch
    quiet.executor.worker.wait()
    assert quiet.run(run.id).state == "queued" and "ended as soon as it was started" in quiet.executor.problem()
    until(lambda: quiet.run(run.id).state == "finished")
    assert quiet.executor.problem() == ""


@LONG
def test_a_device_that_cannot_be_taken_is_a_sentence_in_the_workers_log(quiet, digits, small, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    quiet.executor.device_lock("cpu").mkdir(parents=True)  # something has taken the place of its lock
    run = quiet.submit(small)
    until(lambda: quiet.executor.problem())
    log = (quiet.workspace.runs / "workers.log").read_text()
    assert "device-cpu.lock cannot be opened (is a directory)" in log and "Traceback" not in log
    quiet.executor.device_lock("cpu").rmdir()
    quiet.executor.start_worker()
    until(lambda: quiet.run(run.id).state == "finished")


def test_killed_by_the_system_for_want_of_memory_it_names_a_smaller_batch(quiet, digits, long, little_memory):
    run = quiet.submit(long.replace({"model.channels": [64], "training.batch_size": 1000}))
    started(quiet, run.id)
    (little_memory / "cgroup.procs").write_text(str(quiet.run(run.id).pid))
    until(lambda: state_of(quiet, run.id) == "failed", 15)
    assert quiet.run(run.id).message == str(outcomes.out_of_memory(1000))
