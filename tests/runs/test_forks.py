"""Forks of runs: what they begin with, what they may change, and that they live without the run they came from."""

import os
import sqlite3
from contextlib import closing

import pytest
import torch

from core.errors import BadInput, Problem, Unwritable
from core.run_config import RunConfig
from core.runs.execute import Recorder, execute
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.seeds import grouped
from core.runs.sql_store import SqlStore
from core.runs.store import Origin, Run
from core.training import checkpoint
from tests.runs.conftest import go_on, sql
from tests.runs.earlier import earlier_version

QUICK = RunConfig().replace({"model.name": "mlp", "model.widths": [16], "model.dropout": 0.3, "training.epochs": 4})


class Killed(BaseException):
    """Ends the work like a signal does: nothing is tidied up."""


@pytest.fixture
def quiet(lab: Lab, digits, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab on prepared digits; no worker is started."""
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    return lab


def finished(lab: Lab, config: RunConfig = QUICK, name: str = "first") -> Run:
    return execute(lab.store.add(config, name, state="running"), lab)


def train(lab: Lab, run: Run) -> Run:
    """As a worker does with what is queued."""
    assert run.state == "queued"
    lab.store.move(run.id, "running", only_from=["queued"])
    return execute(lab.store.get(run.id), lab)


def saved(lab: Lab, run: Run, which: str = "last") -> dict:
    return checkpoint.load(lab.files.checkpoint(run.id, which))


def same_weights(lab: Lab, one: Run, other: Run, which: str = "last") -> bool:
    a, b = saved(lab, one, which)["model"], saved(lab, other, which)["model"]
    return all(torch.equal(a[name], b[name]) for name in a)


def scores(lab: Lab, run: Run) -> list:
    return [(e.epoch, e.step, e["val_correct"], e["train_loss"], e["lr"]) for e in lab.store.epochs(run.id)]


def points(lab: Lab, run: Run) -> list:
    return [(row.step, row.epoch, row["loss"], row["lr"]) for row in lab.store.steps(run.id)]


def test_a_fork_is_called_by_its_changes(quiet):
    first = finished(quiet)
    forked = quiet.fork(first.id, 2, {"optimizer.lr": 0.02})
    assert forked.name == "first, forked at epoch 2 · Learning rate 0.02"


def test_epochs_are_kept_and_a_fork_without_a_change_is_the_same_run(quiet):
    first = finished(quiet)
    assert quiet.fork_points(first) == [1, 2, 3, 4] == list(quiet.files.kept_epochs(first.id))
    again = quiet.fork(first.id, 2)
    assert again.name == "first, forked at epoch 2" and again.origin == Origin(first.id, "first", 2, "rule")
    assert scores(quiet, again) == scores(quiet, first)[:3], "its curves are there while it waits"
    assert points(quiet, again) == [one for one in points(quiet, first) if one[1] <= 2] != []
    again = train(quiet, again)
    assert again.state == "finished" and again.progress == 1.0
    assert same_weights(quiet, first, again) and same_weights(quiet, first, again, "best")
    assert scores(quiet, again) == scores(quiet, first) and points(quiet, again) == points(quiet, first)
    assert again.summary["best_epoch"] == first.summary["best_epoch"]
    assert not quiet.files.has_checkpoint(again.id, "start")
    log = quiet.files.log(again.id)
    assert "Goes on from “first” after epoch 2:" in log and "without a memory" not in log


def test_a_fork_with_another_rate_differs_from_there_on(quiet):
    first = finished(quiet)
    other = train(quiet, quiet.fork(first.id, 2, {"optimizer.lr": 0.01, "training.batch_size": 32}))
    assert scores(quiet, other)[:3] == scores(quiet, first)[:3] and not same_weights(quiet, first, other)
    assert [row["lr"] for row in quiet.store.epochs(other.id)][3:] == [0.01, 0.01] and other.progress == 1.0
    assert quiet.store.steps(other.id)[-1].epoch == 4.0 and other.config.optimizer.lr == 0.01
    assert [len(group) for group in grouped([first, other])] == [1, 1]


def test_a_run_trained_longer_is_the_run_that_had_more_epochs_from_the_start(quiet):
    first = finished(quiet)
    longer = train(quiet, quiet.train_longer(first.id, 6))
    whole = finished(quiet, QUICK.replace({"training.epochs": 6}), "whole")
    assert longer.name == "first, to 6 epochs" and longer.config == whole.config
    assert same_weights(quiet, longer, whole) and scores(quiet, longer) == scores(quiet, whole)
    assert quiet.run(first.id).summary == first.summary, "the numbers of the first one stay"
    assert len(grouped([longer, whole])) == 2, "they are no repeats of each other"
    again = train(quiet, quiet.train_longer(longer.id, 7))
    assert again.name == "first, to 6 epochs, to 7 epochs" and again.summary["epochs"] == 7


def test_the_schedule_is_followed_held_or_begun_anew(quiet):
    falling = QUICK.replace({"schedule.name": "linear", "schedule.final": 0.5, "optimizer.lr": 0.01})
    first = finished(quiet, falling)
    rate = {
        schedule: [row["lr"] for row in quiet.store.epochs(train(quiet, run).id)][5:]
        for schedule in ("rule", "hold", "restart")
        for run in [quiet.train_longer(first.id, 8, schedule=schedule, name=schedule)]
    }
    assert rate["rule"] == pytest.approx([0.006875, 0.00625, 0.005625, 0.005])
    assert rate["hold"] == pytest.approx([0.005] * 4)
    assert rate["restart"] == pytest.approx([0.00875, 0.0075, 0.00625, 0.005])
    held = quiet.find("hold").config
    assert held.schedule.name == "none" and held.optimizer.lr == pytest.approx(0.005), "the settings say what is done"


def test_a_rate_of_nothing_is_not_held(quiet):
    first = finished(quiet, QUICK.replace({"schedule.name": "cosine", "training.epochs": 2}))
    with pytest.raises(BadInput, match="nothing more is learnt"):
        quiet.train_longer(first.id, 4, schedule="hold")
    assert [run.id for run in quiet.runs()] == [first.id]


@pytest.mark.parametrize(("changes", "words"), [
    ({"model.widths": [32]}, "model.widths cannot be changed"),
    ({"model.name": "cnn"}, "cannot be changed in the middle of a run"),
    ({"data.name": "mnist"}, "data.name cannot be changed"),
    ({"data.validation": 0.5}, "data.validation cannot be changed"),
    ({"training.seed": 3}, "training.seed cannot be changed"),
    ({"training.epochs": 2}, "takes more than that"),
    ({"optimizer.speed": 2}, "unknown setting"),
], ids=str)  # fmt: skip
def test_what_a_fork_may_not_change_is_refused_before_anything_is_made(quiet, changes, words):
    first = finished(quiet)
    with pytest.raises(BadInput, match=words):
        quiet.fork(first.id, 2, changes)
    assert [run.id for run in quiet.runs()] == [first.id]


def test_epochs_that_were_not_kept_are_told_from_those_that_were(quiet, monkeypatch):
    monkeypatch.setenv("EPOCHLAB_KEEP_MB", "0")
    first = finished(quiet)
    best, last = first.summary["best_epoch"], first.summary["epochs"]
    assert not quiet.files.kept_epochs(first.id) and quiet.fork_points(first) == sorted({best, last})
    with pytest.raises(BadInput, match=f"after epoch 1 was not kept, .* It can be forked after: .*{last}"):
        quiet.fork(first.id, 1)
    other = train(quiet, quiet.fork(first.id, best, {"training.epochs": 5}))
    assert other.state == "finished" and saved(quiet, other, "best")["progress"]["best_epoch"] >= best


@pytest.mark.parametrize("state", ["paused", "cancelled", "failed", "interrupted", "running"])
def test_a_run_that_trains_no_more_is_forked_at_its_best_epoch(quiet, monkeypatch, state):
    """Its last checkpoint may lie within an epoch. What trains may have a better epoch in a moment."""
    monkeypatch.setenv("EPOCHLAB_KEEP_MB", "0")
    first = finished(quiet)
    best = first.summary["best_epoch"]
    quiet.store.change(first.id, state=state, summary=None)
    ended = quiet.store.get(first.id)
    if state == "running":
        assert quiet.fork_points(ended) == []
        return
    assert quiet.fork_points(ended) == [best]
    assert train(quiet, quiet.fork(first.id, best, {"training.epochs": 5})).state == "finished"


def test_what_cannot_be_trained_longer_says_why(quiet):
    first = finished(quiet)
    with pytest.raises(BadInput, match="has trained for 4 epochs, and 4 is meant"):
        quiet.train_longer(first.id, 4)
    paused = quiet.store.add(QUICK, "half", state="paused")
    with pytest.raises(Problem, match=f"go on with .* resume {paused.id}"):
        quiet.train_longer(paused.id, 9)
    with pytest.raises(Problem, match="cannot be forked: the state after none of its epochs"):
        quiet.fork(paused.id, 1)
    loaded = quiet.store.add(QUICK, "loaded", state="finished")
    with pytest.raises(Problem, match="loaded from a file"):
        quiet.train_longer(loaded.id, 9)
    fork = quiet.fork(first.id, 2)
    with pytest.raises(BadInput, match="Repeat “first” with other seeds"):
        quiet.repeat(fork.id, 2)


@pytest.mark.parametrize("before_start", [True, False])
def test_a_fork_lives_without_the_run_it_came_from(quiet, before_start):
    first = finished(quiet)
    expected = train(quiet, quiet.fork(first.id, 2, {"optimizer.lr": 0.01}))
    fork = quiet.fork(first.id, 2, {"optimizer.lr": 0.01})
    if not before_start:
        quiet.store.move(fork.id, "running", only_from=["queued"])
        fork = execute(
            quiet.store.get(fork.id), quiet, lambda event: quiet.store.change(fork.id, requested_action="pause")
        )
        assert fork.state == "paused"
    quiet.delete(first.id)
    assert scores(quiet, fork)[:3] == scores(quiet, expected)[:3]
    fork = train(quiet, fork) if before_start else go_on(quiet, fork)
    assert fork.state == "finished" and fork.origin.name == "first"
    assert same_weights(quiet, fork, expected) and scores(quiet, fork) == scores(quiet, expected)
    assert train(quiet, quiet.fork(fork.id, 2)).state == "finished", "and it can be forked where it began"


@pytest.mark.parametrize("schedule", ["rule", "restart"])
@pytest.mark.parametrize("moment", [1, 4, 9])
def test_a_fork_that_is_killed_ends_with_the_same_bits(quiet, monkeypatch, moment, schedule):
    from core.training import fit

    monkeypatch.setattr(fit, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    monkeypatch.setenv("EPOCHLAB_SAVE_EVERY", "0")  # and a checkpoint
    first = finished(quiet, QUICK.replace({"training.batch_size": 300, "schedule.name": "one_cycle"}))
    expected = train(quiet, quiet.fork(first.id, 2, {"optimizer.lr": 0.01}, schedule=schedule))
    record, seen = Recorder.record, []

    def killed(self, event):
        record(self, event)
        seen.append(event)
        if len(seen) == moment:
            raise Killed

    fork = quiet.fork(first.id, 2, {"optimizer.lr": 0.01}, schedule=schedule)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "record", killed)
        train(quiet, fork)
    torch.manual_seed(12345)  # another process would begin elsewhere
    quiet.run(fork.id)
    fork = go_on(quiet, fork)
    assert same_weights(quiet, fork, expected) and scores(quiet, fork) == scores(quiet, expected)


def test_killed_between_a_checkpoint_and_its_being_kept(quiet, monkeypatch):
    keep_epoch = checkpoint.keep_epoch

    def killed(folder, epoch, attempt):
        if epoch == 2:
            raise Killed
        keep_epoch(folder, epoch, attempt)

    run = quiet.store.add(QUICK, "first", state="running")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoint, "keep_epoch", killed)
        execute(run, quiet)
    assert list(quiet.files.kept_epochs(run.id)) == [1]
    quiet.run(run.id)
    run = go_on(quiet, run)
    kept = quiet.files.kept_epochs(run.id)
    assert list(kept) == [1, 2, 3, 4]
    assert [checkpoint.load(path)["progress"]["epoch"] - 1 for path in kept.values()] == [1, 2, 3, 4]


def test_killed_before_its_first_checkpoint_it_begins_again(quiet, monkeypatch):
    first = finished(quiet)

    def killed(*_):
        raise Killed

    fork = quiet.fork(first.id, 2)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "put_back", killed)  # its own checkpoint is there, and what it began from as well
        train(quiet, fork)
    assert quiet.files.has_checkpoint(fork.id, "start") and quiet.files.has_checkpoint(fork.id)
    quiet.run(fork.id)
    fork = go_on(quiet, fork)
    assert same_weights(quiet, fork, first) and not quiet.files.has_checkpoint(fork.id, "start")


@pytest.mark.parametrize("spoil", [
    lambda path: path.unlink(), lambda path: path.write_bytes(b"PK no"),
    lambda path: path.write_bytes(path.with_name("last.pt").read_bytes()),
], ids=["gone", "damaged", "of another epoch"])  # fmt: skip
def test_without_what_it_begins_from_it_never_begins_at_random(quiet, spoil):
    first = finished(quiet)
    fork = quiet.fork(first.id, 2)
    path = quiet.files.checkpoint(fork.id, "start")
    path.with_name("last.pt").write_bytes(quiet.files.checkpoint(first.id, "epoch-3").read_bytes())
    spoil(path)
    path.with_name("last.pt").unlink()
    fork = train(quiet, fork)
    assert fork.state == "failed" and not quiet.files.has_checkpoint(fork.id)
    assert "fork that one again" in fork.message or "it is damaged" in fork.message


def test_a_disk_that_refuses_leaves_no_half_fork(quiet, monkeypatch):
    first = finished(quiet)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(Unwritable, match="no space left"):
        patch.setattr(os, "link", refuse)
        patch.setattr(os, "fsync", refuse)
        quiet.fork(first.id, 2)
    assert [run.id for run in quiet.runs()] == [first.id]
    assert [path.name for path in quiet.workspace.runs.iterdir() if path.is_dir()] == [first.id]


def test_kept_epochs_are_names_of_one_file_and_counted_once(quiet):
    first = finished(quiet)
    folder = quiet.workspace.run(first.id)
    names = sorted(path.name for path in folder.glob("*.pt"))
    assert names == ["best.pt", "epoch-1.pt", "epoch-2.pt", "epoch-3.pt", "epoch-4.pt", "last.pt"]
    assert (folder / "last.pt").samefile(folder / "epoch-4.pt") and not list(folder.glob(".*"))
    single = (folder / "last.pt").stat().st_size
    assert quiet.files.checkpoint_bytes(first.id) == pytest.approx(4 * single, rel=0.05)


def test_a_store_of_the_version_before_knows_no_forks_and_learns_of_them(tmp_path):
    path = tmp_path / "old.db"
    store = SqlStore(f"sqlite:///{path}")
    kept = store.add(QUICK, "kept")
    store.engine.dispose()
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE computers")
        db.execute("ALTER TABLE runs DROP COLUMN fingerprint")
        db.execute("ALTER TABLE runs DROP COLUMN attempt")
        db.execute("ALTER TABLE runs DROP COLUMN place")
        db.execute("ALTER TABLE runs DROP COLUMN origin")
        db.execute("UPDATE about SET version = 3")
        db.commit()
    store = SqlStore(f"sqlite:///{path}")
    assert store.get(kept.id) == kept and store.get(kept.id).origin is None
    fork = store.add(QUICK, "fork", origin=Origin(kept.id, "kept", 2))
    assert store.get(fork.id).origin == Origin(kept.id, "kept", 2, "rule")
    earlier_version(tmp_path / "older.db")
    assert SqlStore(f"sqlite:///{tmp_path / 'older.db'}").all()[0].origin is None


def test_a_damaged_origin_spoils_its_own_run_alone(quiet):
    first = quiet.store.add(QUICK, "first")
    quiet.store.add(QUICK, "fork", origin=Origin(first.id, "first", 2))
    sql(quiet.store, "UPDATE runs SET origin = :origin WHERE name = 'fork'", origin='{"run": 3}')
    runs = {run.name: run for run in quiet.runs()}
    assert "is damaged (origin)" in runs["fork"].message and runs["first"].state == "queued"
