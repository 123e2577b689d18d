"""Preparing in a process of its own."""

import importlib.util
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from core.data import job
from core.data.job import JobStatus
from core.data.prepare import prepare
from core.data.slot import Slot
from core.data.source import DataSource
from core.errors import Problem
from core.places import Places
from tests.data.makers import folder, mnist, prepared, two_classes

# Stands in for `python -m core prepare`: the same preparation, reports and sentences, each after a moment.
STAND_IN = """
import json, sys, time
from dataclasses import asdict
from core.data.prepare import prepare
from core.data.source import DataSource
from core.errors import Problem
from core.places import Places
name, *rest = sys.argv[1:]
path = rest[1] if rest[0] == "--path" else None
try:
    for report in prepare(DataSource(name, path), Places.from_environment()):
        print(json.dumps(asdict(report)), flush=True)
        time.sleep(PAUSE)
except Problem as problem:
    sys.exit(str(problem))
print(json.dumps({"ready": True}))
"""


def _command(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(job, "COMMAND", (sys.executable, "-c", code))


def _until(places: Places, *states: str, name: str = "mnist", path: str | None = None) -> JobStatus:
    for _ in range(400):
        status = job.status(DataSource(name, path), places)
        if status.state in states:
            return status
        time.sleep(0.03)
    raise AssertionError(f"still {status}")


def test_from_start_to_ready(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(places.data / "mnist")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0.3"))
    assert job.status(DataSource("mnist"), places) == JobStatus("absent")
    job.start(DataSource("mnist"), places)
    assert job.status(DataSource("mnist"), places).state == "running", "from the very first moment"
    child = job._children[Slot(DataSource("mnist"), places).log]
    job.start(DataSource("mnist"), places)
    assert job._children[Slot(DataSource("mnist"), places).log] is child, "no second one"
    while not (status := _until(places, "running")).progress:
        time.sleep(0.03)
    assert status.progress.stage == "reading images" and os.getsid(child.pid) == child.pid
    assert _until(places, "ready", "failed") == JobStatus("ready")


def test_a_folder_by_a_relative_path(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "my pets", two_classes())
    monkeypatch.chdir(tmp_path)
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0"))
    job.start(DataSource("folder", "my pets"), places)
    assert _until(places, "ready", "failed", name="folder", path="my pets") == JobStatus("ready")


def test_a_failure_is_its_sentence_until_it_is_tried_again(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in mnist(places.data / "mnist"):
        (places.data / "mnist" / file).write_bytes(b"")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0"))
    job.start(DataSource("mnist"), places)
    status = _until(places, "ready", "failed")
    assert status.state == "failed" and "is broken" in status.error and "\n" not in status.error
    mnist(places.data / "mnist")
    prepared(places, "mnist")  # by some other way
    assert job.status(DataSource("mnist"), places) == JobStatus("ready")


@pytest.mark.parametrize("code", ["import os; os.kill(os.getpid(), 9)", "1 / 0"])
def test_dying_without_a_sentence(places: Places, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    _command(monkeypatch, code)
    job.start(DataSource("mnist"), places)
    status = _until(places, "failed")
    log = Slot(DataSource("mnist"), places).log
    assert status.error == f"Preparing MNIST stopped unexpectedly; see {log}, or try again."


def test_cancelling_kills_and_clears(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(places.data / "mnist")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "60"))
    job.start(DataSource("mnist"), places)
    while not _until(places, "running").progress:
        time.sleep(0.03)
    assert Slot(DataSource("mnist"), places).part.exists()
    child = job._children[Slot(DataSource("mnist"), places).log]
    job.cancel(DataSource("mnist"), places)
    assert child.returncode == -signal.SIGTERM
    assert job.status(DataSource("mnist"), places) == JobStatus("absent")
    assert [path.suffix for path in places.cache.iterdir()] == [".lock"]
    job.cancel(DataSource("mnist"), places)


def test_a_server_that_was_restarted_finds_and_cancels_it(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(places.data / "mnist")
    _command(monkeypatch, STAND_IN.replace("PAUSE", "0.3"))
    job.start(DataSource("mnist"), places)
    child = job._children.pop(Slot(DataSource("mnist"), places).log)
    assert job.status(DataSource("mnist"), places).state == "running"
    while not (status := job.status(DataSource("mnist"), places)).progress:
        assert status.state == "running"
        time.sleep(0.03)
    job.cancel(DataSource("mnist"), places)
    assert child.wait(5) == 1
    assert job.status(DataSource("mnist"), places) == JobStatus("absent")


def test_preparing_elsewhere_shows_as_running(places: Places) -> None:
    mnist(places.data / "mnist")
    running = prepare(DataSource("mnist"), places)
    next(running)
    assert job.status(DataSource("mnist"), places) == JobStatus("running")
    running.close()
    assert job.status(DataSource("mnist"), places) == JobStatus("absent")


def test_the_time_left_is_estimated(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    slot, clock = Slot(DataSource("mnist"), places), [100.0]
    places.cache.mkdir(parents=True)
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
        left.append(job.status(DataSource("mnist"), places).seconds_left)
        clock[0] += 2
    assert left == [None, 18.0, 16.0, None, 197.0]


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    with pytest.raises(Problem, match="Preparing MNIST could not be started"):
        job.start(DataSource("mnist"), Places(tmp_path / "home", tmp_path, ""))


@pytest.mark.skipif(importlib.util.find_spec("core.__main__") is None, reason="there is no command line yet")
def test_with_the_real_command_line(places: Places) -> None:
    mnist(places.data / "mnist")
    job.start(DataSource("mnist"), places)
    assert _until(places, "ready", "failed") == JobStatus("ready")
