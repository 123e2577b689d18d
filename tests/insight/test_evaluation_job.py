"""An evaluation in a process beside the page: its progress, its end, and how it is stopped."""

import subprocess
import sys
import time

import pytest

from core.files import background_command
from core.insight import background_job, predictions
from core.insight.evaluation_job import EvaluationJob, cancel, start, status


@pytest.fixture
def job(trained, lab):
    job = EvaluationJob(trained, "test", "last", lab.workspace)
    yield job
    cancel(job)


@pytest.fixture
def spoken(monkeypatch):
    """Let a process of our own stand for the command: it says `words` and then waits, or ends with `status`."""

    def speak(words: str, end: str = "time.sleep(60)") -> None:
        code = f"import sys, time; print('''{words}''', flush=True); {end}"

        def begin(arguments, log, workspace, **held):
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                return subprocess.Popen([sys.executable, "-c", code], stdout=output, stderr=subprocess.STDOUT)

        monkeypatch.setattr(background_command, "start", begin)

    return speak


def ended(job):
    for _wait in range(600):
        if (found := status(job)).state != "running":
            return found
        time.sleep(0.05)
    raise AssertionError("it goes on")


def test_what_it_answers_is_kept(job, lab):
    assert status(job).state == "absent"
    assert start(job) and status(job).state == "running"
    assert ended(job).state == "done"
    checkpoint = lab.files.checkpoint(job.run.id)
    assert len(predictions.find(checkpoint, "test", lab.files.checkpoint_version(job.run.id))) == 360


def test_how_far_it_is_and_how_long_it_takes(job, spoken, monkeypatch):
    spoken('{"done": 100, "total": 400}')
    start(job)
    while not (found := status(job)).total:
        time.sleep(0.02)
    assert (found.state, found.done, found.total, found.seconds_left) == ("running", 100, 400, None)
    monkeypatch.setattr(background_job, "STEADY_S", 0.0)
    with job.log.open("a") as log:
        log.write('{"done": 250, "total": 400}\n')
    end = time.monotonic() + 20
    while (left := status(job).seconds_left) is None and time.monotonic() < end:
        time.sleep(0.02)
    assert left is not None and 0 <= left < 60
    with job.log.open("a") as log:
        log.write('{"stage": "next", "done": 300, "total": 400}\n')
    assert status(job).seconds_left is None, "each stage is measured by itself"


def test_one_is_at_work_at_a_time(job, spoken):
    spoken("")
    other = EvaluationJob(job.run, "val", "last", job.workspace)
    assert start(job) and not start(other) and start(job)
    cancel(job)
    assert start(other)
    cancel(other)


def test_a_cancelled_one_leaves_nothing(job, spoken):
    spoken('{"done": 1, "total": 400}')
    start(job)
    cancel(job)
    assert status(job).state == "absent" and not job.log.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [("the disk is full.", "the disk is full."), ("Traceback (most recent call last):", "stopped unexpectedly")],
)
def test_what_went_wrong_is_told(job, spoken, words, told):
    spoken(words, "sys.exit(1)")
    start(job)
    found = ended(job)
    assert found.state == "failed" and told in found.error
