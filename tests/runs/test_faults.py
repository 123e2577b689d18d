"""A run whose disk, database, data or memory fails: nothing is lost, a sentence says so, and it goes on later."""

import errno
import json
import math
import os
import shutil
from dataclasses import replace

import pytest
import torch
from filelock import FileLock

from core.datasets.source import DataSource
from core.errors import Problem, Unwritable
from core.files import disk_space
from core.prepared.prepare import prepare
from core.run_config import RunConfig
from core.runs import deletion, oom_counters, outcomes, restore
from core.runs import execute as executing
from core.runs.deletion import DELETED_PREFIX
from core.runs.execute import Recorder, execute
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import Run
from core.training import checkpoint
from core.training.events import EpochMetrics, Score, StepMetrics
from core.training.step_points import EPOCH_POINTS
from tests.runs.conftest import go_on

QUICK = RunConfig().replace({"model.name": "mlp", "model.widths": [16], "model.dropout": 0.3, "training.epochs": 4})


class Killed(BaseException):
    """Ends the work like a signal does: nothing is tidied up."""


@pytest.fixture
def quiet(lab: Lab, digits, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab on prepared digits; no worker is started."""
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    return lab


def begin(lab: Lab, config: RunConfig = QUICK) -> Run:
    run = lab.store.add(config, state="running")
    lab.store.change(run.id, place=lab.workspace.place)
    return lab.store.get(run.id)


def last(lab: Lab, run: Run) -> dict:
    return checkpoint.load(checkpoint.checkpoint_path(lab.workspace.run(run.id), checkpoint.LAST))


def same_end(lab: Lab, one: Run, other: Run) -> None:
    a, b = last(lab, one)["model"], last(lab, other)["model"]
    assert all(torch.equal(a[name], b[name]) for name in a)
    scores = [[(e.epoch, e["val_correct"], e["train_loss"]) for e in lab.store.epochs(run.id)] for run in (one, other)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS])
def test_a_disk_that_refuses_pauses_the_run_and_it_goes_on_later(quiet, monkeypatch, code):
    replace, refused = os.replace, []

    def failing(source, target):
        if str(target).endswith("last.pt") and len(refused) == 2:
            raise OSError(code, os.strerror(code))
        refused.append(target)
        return replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing)
        run = execute(begin(quiet), quiet)
    assert run.state == "paused" and os.strerror(code).lower() in run.message and "is intact" in run.message
    assert len(quiet.store.epochs(run.id)) == len(last(quiet, run)["progress"]["history"]) > 0
    saved = last(quiet, run)
    saved["progress"]["seconds"] += 1000
    checkpoint.save(saved, checkpoint.checkpoint_path(quiet.workspace.run(run.id), checkpoint.LAST))
    again = go_on(quiet, run)
    assert again.summary and again.summary["seconds"] > 1000, "the time before the pause counts"
    same_end(quiet, again, execute(begin(quiet), quiet))


def test_a_database_that_refuses_loses_no_epoch(quiet, monkeypatch):
    report, epochs = SqlStore.report, []

    def failing(self, run_id, steps=(), epoch=None, **values):
        epochs.extend([epoch] if epoch else [])
        if len(epochs) >= 3:
            raise Unwritable("The store cannot be used (database or disk is full).")
        return report(self, run_id, steps, epoch, **values)

    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "report", failing)
        run = execute(begin(quiet), quiet)
    assert run.state == "paused" and "disk is full" in run.message
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))


def test_even_when_its_end_cannot_be_written_the_run_can_be_resumed(quiet, monkeypatch):
    move = SqlStore.move

    def failing(self, run_id, to, **values):
        if to == "finished":
            raise Unwritable("The store cannot be used (database or disk is full).")
        return move(self, run_id, to, **values)

    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "move", failing)
        run = execute(begin(quiet), quiet)
    assert quiet.run(run.id).state == "interrupted"
    assert go_on(quiet, run).state == "finished"


def test_why_it_was_paused_is_known_though_the_store_took_no_word_of_it(quiet, monkeypatch):
    def refuse(*_, **__):
        raise Unwritable("The store cannot be used (database is locked).")

    run = begin(quiet)
    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "report", refuse)
        patch.setattr(SqlStore, "move", refuse)
        assert execute(run, quiet).state == "paused"
    seen = quiet.run(run.id)
    assert seen.state == "interrupted"
    assert seen.message == (
        "Paused. The store cannot be used (database is locked). Resume to go on from the last checkpoint."
    )
    quiet.files.forget_ending(run.id)  # it went on, and was killed then
    quiet.store.change(run.id, state="running")
    assert "without an error message" in quiet.run(run.id).message


def test_an_epoch_whose_row_was_lost_is_put_back_from_the_checkpoint_exactly_once(quiet, monkeypatch):
    """Killed between the checkpoint and the row."""
    flush = Recorder.flush

    def killed(self, epoch=None):
        if epoch and epoch.epoch == 2:
            raise Killed
        flush(self, epoch)

    run = begin(quiet)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "flush", killed)
        execute(run, quiet)
    assert [e.epoch for e in quiet.store.epochs(run.id)] == [0, 1]
    assert len(last(quiet, run)["progress"]["history"]) == 3
    assert quiet.run(run.id).state == "interrupted"
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))
    assert [e.epoch for e in quiet.store.epochs(run.id)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("moment", "save_every"), [(30, "0"), (55, "0"), (64, "0"), (90, "0"), (45, "60"), (87, "60")])
def test_no_point_of_the_curves_is_lost_or_changed_by_a_death(quiet, monkeypatch, moment, save_every):
    """Killed after so many events, or by the checkpoint before, with points that are not in the store yet."""
    from core.training import fit

    monkeypatch.setattr(fit, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    monkeypatch.setattr(executing, "FLUSH_INTERVAL_S", 60.0)
    monkeypatch.setenv("EPOCHLAB_SAVE_EVERY", save_every)  # in the midst of the points, or after every epoch alone
    config = QUICK.replace({"training.batch_size": 32, "training.epochs": 3})
    record, save, seen = Recorder.record, Recorder.save, []

    def killed(self, event):
        record(self, event)
        seen.append(event)
        if len(seen) == moment:
            raise Killed

    def killed_after(self, **options):
        save(self, **options)
        if len(seen) > moment - 8:
            raise Killed

    run, unbroken = begin(quiet, config), execute(begin(quiet, config), quiet)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "record", killed)
        patch.setattr(Recorder, "save", killed_after)
        execute(run, quiet)
    same_end(quiet, go_on(quiet, run), unbroken)
    points = [
        [(row.step, row.epoch, row["loss"], row["accuracy"], row["lr"]) for row in quiet.store.steps(one.id)]
        for one in (run, unbroken)
    ]
    assert points[0] == points[1] and len(points[1]) == 3 * EPOCH_POINTS


def killed_at_once(self, event):
    raise Killed


def paused_after_an_epoch(lab: Lab) -> Run:
    run = begin(lab)
    return execute(run, lab, lambda event: lab.store.change(run.id, requested_action="pause"))


def test_killed_between_a_checkpoint_and_its_being_the_best_one(quiet, monkeypatch):
    def killed(folder, attempt):
        if len(last(quiet, run)["progress"]["history"]) == 4:
            (folder / ".last.pt.0123abcd").write_bytes(b"half of one")  # of an even earlier death
            raise Killed
        keep_best(folder, attempt)

    keep_best, run, unbroken = checkpoint.keep_best, begin(quiet), execute(begin(quiet), quiet)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(checkpoint, "keep_best", killed)
        execute(run, quiet)
    assert last(quiet, run)["progress"]["best_epoch"] == 3
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "record", killed_at_once)
        go_on(quiet, run)
    best = checkpoint.checkpoint_path(quiet.workspace.run(run.id), checkpoint.BEST)
    assert checkpoint.load(best)["progress"]["best_epoch"] == 3
    assert not list(best.parent.glob(".*"))
    same_end(quiet, go_on(quiet, run), unbroken)


def test_a_checkpoint_of_a_run_with_other_settings_is_not_taken(quiet):
    run, other = paused_after_an_epoch(quiet), execute(begin(quiet, QUICK.replace({"optimizer.lr": 0.1})), quiet)
    paths = [checkpoint.checkpoint_path(quiet.workspace.run(one.id), checkpoint.LAST) for one in (run, other)]
    shutil.copy(paths[1], paths[0])
    assert "it is damaged" in go_on(quiet, run).message


@pytest.mark.parametrize("spoil", [
    lambda saved: saved.pop("fingerprint"),
    lambda saved: saved.pop("optimizer"),
    lambda saved: saved["progress"].update(unheard_of=3),
    lambda saved: saved["model"].popitem(),
    lambda saved: saved.update(random=torch.zeros(3)),
], ids=["fields", "optimizer", "progress", "model", "random"])  # fmt: skip
def test_a_checkpoint_of_another_version_is_a_sentence_and_stays(quiet, spoil):
    run = paused_after_an_epoch(quiet)
    saved = last(quiet, run)
    spoil(saved)
    checkpoint.save(saved, checkpoint.checkpoint_path(quiet.workspace.run(run.id), checkpoint.LAST))
    run = go_on(quiet, run)
    assert run.state == "failed" and "another version wrote it. Start the run again." in run.message
    assert last(quiet, run).keys() == saved.keys()


def test_a_checkpoint_whose_history_holds_numbers_instead_of_texts_is_understood(quiet):
    run = paused_after_an_epoch(quiet)
    saved = last(quiet, run)
    saved["progress"]["history"] = [json.loads(past) for past in saved["progress"]["history"]]
    checkpoint.save(saved, checkpoint.checkpoint_path(quiet.workspace.run(run.id), checkpoint.LAST))
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))


def test_numbers_after_the_checkpoint_are_gone_until_they_are_computed_again(quiet, monkeypatch):
    from core.training import fit

    monkeypatch.setattr(fit, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    monkeypatch.setattr(executing, "FLUSH_INTERVAL_S", 0.0)  # and its row
    record = Recorder.record

    def killed(self, event):
        record(self, event)
        if isinstance(event, StepMetrics) and event.step > len(self.data.train):
            raise Killed

    run = begin(quiet)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "record", killed)
        execute(run, quiet)
    saved = last(quiet, run)["progress"]["steps"]
    assert [row.step for row in quiet.store.steps(run.id)][-1] == saved + 1
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "record", killed_at_once)
        go_on(quiet, run)
    assert [row.step for row in quiet.store.steps(run.id)][-1] == saved
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))


@pytest.mark.parametrize("moment", range(1, 12, 2))
def test_killed_in_the_middle_of_epochs_it_ends_with_the_same_bits(quiet, monkeypatch, moment):
    from core.training import fit

    monkeypatch.setattr(fit, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    monkeypatch.setenv("EPOCHLAB_SAVE_EVERY", "0")  # and a checkpoint
    config = QUICK.replace({"training.batch_size": 300, "training.epochs": 2, "schedule.name": "one_cycle"})
    record, seen = Recorder.record, []

    def killed(self, event):
        record(self, event)
        seen.extend([event] if isinstance(event, (StepMetrics, EpochMetrics)) else [])
        if len(seen) == moment:
            raise Killed

    run = begin(quiet, config)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Recorder, "record", killed)
        execute(run, quiet)
    torch.manual_seed(12345)  # another process would begin elsewhere
    quiet.run(run.id)
    same_end(quiet, go_on(quiet, run), execute(begin(quiet, config), quiet))


def test_a_loss_that_is_infinite_at_some_step_stops_there_with_a_finite_checkpoint(quiet, monkeypatch):
    from core.training import fit

    build_loss, steps = fit.build_loss, []

    def poisoned(*arguments):
        loss_function = build_loss(*arguments)

        def loss_of(output, targets):
            steps.append(len(targets))
            loss = loss_function(output, targets)
            return loss * float("inf") if len(steps) == 50 else loss

        return loss_of

    with monkeypatch.context() as patch:
        patch.setattr(fit, "build_loss", poisoned)
        run = execute(begin(quiet), quiet)
    assert run.state == "failed" and "step 50" in run.message and len(steps) == 50
    assert all(tensor.isfinite().all() for tensor in last(quiet, run)["model"].values())
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))


def test_a_validation_loss_that_is_infinite_stops_there_with_a_finite_checkpoint(quiet, monkeypatch):
    from core.training import fit

    def epochs():
        return len(quiet.store.epochs(run.id))

    def overflowing(*arguments):
        for event in evaluate(*arguments):
            yield replace(event, loss=math.inf) if isinstance(event, Score) and epochs() == 3 else event

    evaluate, run = fit.evaluate, begin(quiet)
    with monkeypatch.context() as patch:
        patch.setattr(fit, "evaluate", overflowing)
        stopped = execute(run, quiet)
    assert stopped.state == "failed" and "validation images is inf after epoch 3" in stopped.message
    assert "lower learning rate" in stopped.message and epochs() == 3
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))


def test_without_room_it_does_not_begin(quiet, monkeypatch):
    usage = type("Usage", (), {"total": 10**12, "used": 10**12 - 10**6, "free": 10**6})
    run = begin(quiet)
    with monkeypatch.context() as patch:
        patch.setattr(disk_space.shutil, "disk_usage", lambda path: usage)
        with pytest.raises(Unwritable, match="not enough space"):
            quiet.submit(QUICK)
        stopped = execute(run, quiet)
    assert stopped.state == "paused" and "not enough space for the checkpoints of this run" in stopped.message
    assert not quiet.files.has_checkpoint(run.id)
    assert go_on(quiet, run).state == "finished"


def damage(digits) -> None:
    pixels = digits.folder / "images.npy"
    content = bytearray(pixels.read_bytes())
    content[5000] ^= 1
    pixels.write_bytes(content)


def vanish(digits) -> None:
    shutil.rmtree(digits.folder)


def other(digits) -> None:
    meta = digits.folder / "meta.json"
    meta.write_text(meta.read_text().replace(digits.meta.fingerprint, "0" * 32))


@pytest.mark.parametrize("happens", [damage, vanish, other])
@pytest.mark.parametrize("when", ["while it trains", "before it is resumed"])
def test_images_that_change_or_vanish_stop_the_run_with_a_sentence(quiet, digits, monkeypatch, happens, when):
    if quiet.store.shared and when == "before it is resumed" and happens is not damage:
        pytest.skip("it is prepared anew, or waits for a computer that has its images: tests/runs/test_attended.py")
    shutil.copytree(digits.folder, digits.folder.with_name("kept"))
    run, epochs = begin(quiet), []

    def observe(event):
        if isinstance(event, EpochMetrics):
            epochs.append(event.epoch)
            if event.epoch == 1:
                happens(digits) if when == "while it trains" else quiet.store.change(run.id, requested_action="pause")

    run = execute(run, quiet, observe)
    if when == "before it is resumed":
        assert run.state == "paused"
        happens(digits)
        run = go_on(quiet, run)
    assert run.state == "failed" and epochs == [0, 1]
    assert any(words in run.message for words in ("has changed since", "missing or damaged", "not prepared"))
    assert "prepare" in run.message
    shutil.rmtree(digits.folder, ignore_errors=True)
    shutil.move(digits.folder.with_name("kept"), digits.folder)
    same_end(quiet, go_on(quiet, run), execute(begin(quiet), quiet))


def test_images_that_are_not_what_was_prepared_are_not_trained_on(quiet, digits):
    images = digits.folder / "images.npy"
    content, times = bytearray(images.read_bytes()), images.stat()
    before = digits.stat_digest()
    content[-100] ^= 1
    images.write_bytes(content)
    os.utime(images, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert digits.stat_digest() != before
    run = execute(begin(quiet), quiet)
    assert run.state == "failed" and "damaged (images.npy): prepare the data set again" in run.message


def test_the_same_images_prepared_again_do_not_matter(quiet, digits):
    def observe(event):
        if isinstance(event, EpochMetrics) and event.epoch == 1:
            shutil.rmtree(digits.folder)
            list(prepare(DataSource("digits"), quiet.workspace))

    assert execute(begin(quiet), quiet, observe).state == "finished"


def of_the_device():
    raise torch.OutOfMemoryError("CUDA out of memory")


def of_the_processor():
    torch.empty(2**50)


@pytest.mark.parametrize("memory", [of_the_device, of_the_processor])
def test_memory_that_runs_out_is_a_sentence_with_a_way_on(quiet, monkeypatch, memory):
    monkeypatch.setattr(restore, "new_state", lambda *_, **__: memory())
    run = execute(begin(quiet), quiet)
    assert run.state == "failed" and "batches of 64 images" in run.message and run.code == outcomes.OUT_OF_MEMORY


@pytest.mark.parametrize("kills,boot,state", [(7, "a", "failed"), (8, "a", "interrupted"), (7, "b", "interrupted")])
def test_a_worker_that_the_system_killed_for_memory_is_told_from_others(quiet, monkeypatch, kills, boot, state):
    run = begin(quiet)
    quiet.store.change(run.id, oom_counters={"boot": boot, "memory_kills": kills})
    monkeypatch.setattr(oom_counters, "read_oom_counters", lambda: {"boot": "a", "memory_kills": 8})
    seen = quiet.run(run.id)
    assert seen.state == state and (seen.code == outcomes.OUT_OF_MEMORY) == (state == "failed")


def test_the_system_tells_its_boot_and_its_kills():
    now = oom_counters.read_oom_counters()
    assert oom_counters.read_oom_counters() == now and not oom_counters.ran_out_of_memory(now)
    if now:
        assert oom_counters.ran_out_of_memory({**now, "memory_kills": now["memory_kills"] - 1})


def test_a_deletion_cut_short_is_undone_or_brought_to_its_end(quiet, monkeypatch):
    run = execute(begin(quiet), quiet)

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(SqlStore, "remove", killed)
        quiet.delete(run.id)
    assert not quiet.workspace.run(run.id).exists() and quiet.run(run.id)
    quiet.deletion.tidy()
    assert quiet.files.has_checkpoint(run.id), "its row is there, so it has its folder again"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(deletion.shutil, "rmtree", killed)
        quiet.delete(run.id)
    with pytest.raises(Problem, match="There is no run"):
        quiet.run(run.id)
    quiet.deletion.tidy()
    assert not list(quiet.workspace.runs.glob(f"{DELETED_PREFIX}*"))


def test_the_time_of_day_decides_nothing(quiet, monkeypatch):
    run = begin(quiet)
    quiet.workspace.run(run.id).mkdir(parents=True)
    with FileLock(quiet.files.lock(run.id)):
        for day in (-86400, 86400):
            monkeypatch.setattr("time.time", lambda day=day: 1.8e9 + day)
            assert quiet.run(run.id).state == "running"
    assert quiet.run(run.id).state == "interrupted"
