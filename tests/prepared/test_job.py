"""Preparing in a process of its own."""

import importlib.util
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from core.datasets.source import DataSource
from core.errors import Problem
from core.files import background_command
from core.files.paths import Workspace
from core.prepared import job
from core.prepared.cache_entry import CacheEntry
from core.prepared.job import JobStatus
from core.prepared.prepare import prepare
from tests.datasets.makers import folder, mnist, prepared, two_classes

# Stands in for `python -m core prepare`: the same preparation, reports and sentences, each after a moment.
STAND_IN = """
import json, sys, time
from dataclasses import asdict
from core.prepared.prepare import prepare
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
_prepare, name, *rest = sys.argv[1:]
path = rest[1] if rest[0] == "--path" else None
try:
    for report in prepare(DataSource(name, path), Workspace.from_environment()):
        print(json.dumps(asdict(report)), flush=True)
        time.sleep(PAUSE)
except Problem as problem:
    sys.exit(str(problem))
print(json.dumps({"ready": True}))
"""


def _command(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(background_command, "COMMAND", (sys.executable, "-c", code))


def _until(workspace: Workspace, *states: str, name: str = "mnist", path: str | None = None) -> JobStatus:
    for _ in range(400):
        status = job.status(DataSource(name, path), workspace)
        if status.state in states:
            return status
        time.sleep(0.03)
    raise AssertionError(f"still {status}")


def test_from_start_to_ready(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(workspace.data / "mnist")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0.3"))
    assert job.status(DataSource("mnist"), workspace) == JobStatus("absent")
    job.start(DataSource("mnist"), workspace)
    assert job.status(DataSource("mnist"), workspace).state == "running", "from the very first moment"
    child = job._children[CacheEntry(DataSource("mnist"), workspace).log]
    job.start(DataSource("mnist"), workspace)
    assert job._children[CacheEntry(DataSource("mnist"), workspace).log] is child, "no second one"
    while not (status := _until(workspace, "running")).progress:
        time.sleep(0.03)
    assert status.progress.stage == "reading images" and os.getsid(child.pid) == child.pid
    assert _until(workspace, "ready", "failed") == JobStatus("ready")


def test_a_folder_by_a_relative_path(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "my pets", two_classes())
    monkeypatch.chdir(tmp_path)
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0"))
    job.start(DataSource("folder", "my pets"), workspace)
    assert _until(workspace, "ready", "failed", name="folder", path="my pets") == JobStatus("ready")


def test_a_failure_is_its_sentence_until_it_is_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in mnist(workspace.data / "mnist"):
        (workspace.data / "mnist" / file).write_bytes(b"")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0"))
    job.start(DataSource("mnist"), workspace)
    status = _until(workspace, "ready", "failed")
    assert status.state == "failed" and "is broken" in status.error and "\n" not in status.error
    mnist(workspace.data / "mnist")
    prepared(workspace, "mnist")  # by some other way
    assert job.status(DataSource("mnist"), workspace) == JobStatus("ready")


@pytest.mark.parametrize("code", ["import os; os.kill(os.getpid(), 9)", "1 / 0"])
def test_dying_without_a_sentence(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    _command(monkeypatch, code)
    job.start(DataSource("mnist"), workspace)
    status = _until(workspace, "failed")
    log = CacheEntry(DataSource("mnist"), workspace).log
    assert status.error == f"Preparing “MNIST” stopped unexpectedly; see {log}, or try again."


def test_cancelling_kills_and_clears(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(workspace.data / "mnist")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "60"))
    job.start(DataSource("mnist"), workspace)
    while not _until(workspace, "running").progress:
        time.sleep(0.03)
    assert CacheEntry(DataSource("mnist"), workspace).part.exists()
    child = job._children[CacheEntry(DataSource("mnist"), workspace).log]
    job.cancel(DataSource("mnist"), workspace)
    assert child.returncode == -signal.SIGTERM
    assert job.status(DataSource("mnist"), workspace) == JobStatus("absent")
    assert [path.suffix for path in workspace.cache.iterdir()] == [".lock"]
    job.cancel(DataSource("mnist"), workspace)


def test_a_server_that_was_restarted_finds_and_cancels_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    mnist(workspace.data / "mnist")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0.3"))
    job.start(DataSource("mnist"), workspace)
    child = job._children.pop(CacheEntry(DataSource("mnist"), workspace).log)
    assert job.status(DataSource("mnist"), workspace).state == "running"
    while not (status := job.status(DataSource("mnist"), workspace)).progress:
        assert status.state == "running"
        time.sleep(0.03)
    job.cancel(DataSource("mnist"), workspace)
    assert child.wait(5) == 1
    assert job.status(DataSource("mnist"), workspace) == JobStatus("absent")


def test_preparing_elsewhere_shows_as_running(workspace: Workspace) -> None:
    mnist(workspace.data / "mnist")
    running = prepare(DataSource("mnist"), workspace)
    next(running)
    assert job.status(DataSource("mnist"), workspace) == JobStatus("running")
    running.close()
    assert job.status(DataSource("mnist"), workspace) == JobStatus("absent")


def test_the_time_left_is_estimated(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    slot, clock = CacheEntry(DataSource("mnist"), workspace), [100.0]
    workspace.cache.mkdir(parents=True)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(job, "_alive", lambda _: True)
    left = []
    for stage, done in (
        ("downloading", 0),
        ("downloading", 100),
        ("downloading", 200),
        ("reading", 5),
        ("reading", 15),
    ):
        slot.log.write_text(f'{{"stage": "{stage}", "done": {done}, "total": 1000, "unit": "bytes"}}\n')
        left.append(job.status(DataSource("mnist"), workspace).seconds_left)
        clock[0] += 2
    assert left == [None, 18.0, 16.0, None, 197.0]


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    with pytest.raises(Problem, match="Preparing “MNIST” could not be started"):
        job.start(DataSource("mnist"), Workspace(tmp_path / "home", tmp_path, ""))


@pytest.mark.skipif(importlib.util.find_spec("core.__main__") is None, reason="there is no command line yet")
def test_with_the_real_command_line(workspace: Workspace) -> None:
    mnist(workspace.data / "mnist")
    job.start(DataSource("mnist"), workspace)
    assert _until(workspace, "ready", "failed") == JobStatus("ready")
