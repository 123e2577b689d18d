"""A run's folder that is not what it should be: a sentence says so, others go on, and nothing is left behind."""

import os

import pytest
from filelock import FileLock

from core.cli import runs as commands
from core.cli.parser import main
from core.errors import Problem, Unwritable
from core.files import disk_space
from core.run_config import RunConfig
from core.runs import oom_counters, worker
from core.runs.deletion import DELETED_PREFIX
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.worker import claim


@pytest.fixture
def woken(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[Lab]:
    """Who would have woken a worker; none is."""
    calls: list[Lab] = []
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: calls.append(self))
    monkeypatch.setenv("EPOCHLAB_HOME", str(lab.workspace.home))
    monkeypatch.setenv("EPOCHLAB_DB", lab.workspace.database)
    return calls


@pytest.mark.parametrize("taken", ["folder", "lock"])
def test_a_folder_that_is_taken_fails_its_run_and_the_next_is_claimed(lab, woken, monkeypatch, taken):
    blocked, innocent = lab.store.add(RunConfig()), lab.store.add(RunConfig())
    lab.workspace.run(innocent.id).mkdir(parents=True)
    if taken == "folder":
        lab.workspace.run(blocked.id).write_text("a file")
    else:
        lab.files.lock(blocked.id).mkdir(parents=True)
    run, locks = worker.wait_for_run(lab, 0.0, ["cpu"])
    for lock in locks:
        lock.release()
    assert run.id == innocent.id
    failed = lab.run(blocked.id)
    if lab.store.shared:  # another computer may be able to
        assert failed.state == "queued"
        return
    assert failed.state == "failed" and "cannot be used for this run" in failed.message and "resume" in failed.message


def test_a_log_that_cannot_be_opened_does_not_stop_the_worker(lab, capfd):
    run = lab.store.add(RunConfig())
    lab.files.log_path(run.id).mkdir(parents=True)
    worker.redirect_output(lab, run)
    assert f"The log of run {run.id} cannot be opened" in capfd.readouterr().out


@pytest.mark.parametrize("command", ["runs", "show"])
def test_whoever_looks_at_a_run_that_waits_wakes_a_worker_at_once(lab, woken, command):
    """Of a queue of this computer alone."""
    run = lab.store.add(RunConfig())
    assert main([command, *([run.id] if command == "show" else [])]) == 0 and len(woken) == (not lab.store.shared)


@pytest.mark.parametrize("command", ["pause", "cancel"])
def test_a_run_that_does_not_obey_yet_is_not_said_to_have_obeyed(lab, woken, monkeypatch, capsys, command):
    monkeypatch.setattr(commands, "OBEYS", 0.0)
    run = lab.store.add(RunConfig(), state="running")
    lab.store.change(run.id, place=lab.workspace.place)
    lab.workspace.run(run.id).mkdir(parents=True)
    with FileLock(lab.files.lock(run.id)):
        assert main([command, run.id]) == 1
    assert "still trains" in capsys.readouterr().err


def test_a_run_that_ended_before_it_obeyed_says_how(lab, woken, monkeypatch, capsys):
    run = lab.store.add(RunConfig(), state="running")
    lab.store.change(run.id, place=lab.workspace.place)
    monkeypatch.setattr(Lab, "pause", lambda self, run_id: self.store.change(run_id, state="finished"))
    lab.workspace.run(run.id).mkdir(parents=True)
    with FileLock(lab.files.lock(run.id)):
        assert main(["pause", run.id]) == 1
    assert "is finished: that came before" in capsys.readouterr().err


def test_resuming_while_the_store_takes_nothing_says_so(lab, woken, monkeypatch):
    def refuse(*_, **__):
        raise Unwritable("The store cannot be used.")

    run = lab.store.add(RunConfig(), state="running")
    lab.store.change(run.id, place=lab.workspace.place)
    monkeypatch.setattr(SqlStore, "move", refuse)
    assert lab.run(run.id).state == "interrupted"
    with pytest.raises(Unwritable, match="store cannot be used"):
        lab.resume(run.id)


def test_what_is_needed_is_never_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda path: type("Usage", (), {"total": 10**12, "free": 0}))
    with pytest.raises(Unwritable, match="takes 50 MB"):
        disk_space.require(tmp_path, 0, "another run")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_or_link_in_the_place_of_a_folder_is_deleted_and_no_link_followed(lab, woken, tmp_path, kind):
    run = lab.store.add(RunConfig(), state="finished")
    lab.workspace.runs.mkdir()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "last.pt").touch()
    for path in (lab.workspace.run(run.id), lab.workspace.runs / f"{DELETED_PREFIX}0123abcd"):
        path.write_text("a file") if kind == "file" else path.symlink_to(tmp_path / "kept")
    lab.delete(run.id)
    assert not list(lab.workspace.runs.iterdir()) and (tmp_path / "kept" / "last.pt").exists()


def test_a_run_that_is_being_deleted_is_not_claimed(lab, woken, monkeypatch):
    run, rename = lab.store.add(RunConfig()), os.rename
    lab.workspace.run(run.id).mkdir(parents=True)

    def slow(source, target):
        rename(source, target)
        assert claim(lab, run, FileLock(lab.executor.device_lock("cpu"))) is None

    monkeypatch.setattr(os, "rename", slow)
    lab.delete(run.id)
    assert not lab.runs() and not [path for path in lab.workspace.runs.iterdir() if path.is_dir()]


def test_what_cannot_be_removed_or_moved_is_said(lab, woken, monkeypatch):
    run = lab.store.add(RunConfig(), state="finished")
    lab.workspace.run(run.id).mkdir(parents=True)

    def refuse(*_, **__):
        raise OSError(30, os.strerror(30))

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuse)
        with pytest.raises(Problem, match="cannot be moved"):
            lab.delete(run.id)
    with monkeypatch.context() as patch, pytest.raises(Problem, match="is deleted, but not all"):
        patch.setattr("core.runs.deletion.discard", lambda path: None)
        lab.delete(run.id)
    lab.deletion.tidy()
    assert not list(lab.workspace.runs.iterdir())


def test_vitals_of_another_version_explain_nothing():
    now = oom_counters.read_oom_counters()
    assert not oom_counters.ran_out_of_memory({"boot": now.get("boot")}) and not oom_counters.ran_out_of_memory(
        {"x": 1}
    )


def test_folders_of_no_run_go_unless_something_is_in_them(lab, woken):
    run = lab.store.add(RunConfig(), state="finished")
    for name in (run.id, "0000000a", "0000000b", "0000000c", "mine"):
        (lab.workspace.runs / name).mkdir(parents=True)
    (lab.workspace.run("0000000a") / "evaluation-last-test.json").touch()
    (lab.workspace.run("0000000b") / "last.pt").touch()
    with FileLock(lab.files.lock("0000000c")):
        lab.deletion.tidy()
    left = {path.name for path in lab.workspace.runs.iterdir()}
    assert left == {run.id, "0000000b", "0000000c", "mine"}
