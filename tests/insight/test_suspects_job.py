"""The search in a process beside the page."""

import os
import signal
import subprocess
import sys
import time

from core.datasets.source import DataSource
from core.insight import suspects_job
from core.insight.background_job import lock_of
from core.insight.suspects import Suspects
from core.insight.suspects_job import SuspectsJob
from core.program import ROOT


def test_it_finds_and_can_be_stopped(digits, workspace):
    job = SuspectsJob(DataSource("digits"), "copies", None, workspace)
    suspects_job.start(job)
    suspects_job.cancel(job)
    assert suspects_job.status(job).state == "absent" and not job.log.exists()
    suspects_job.start(job)
    for _wait in range(600):
        if (found := suspects_job.status(job)).state != "running":
            break
        time.sleep(0.05)
    assert found.state == "done", found.error
    assert Suspects.open(digits, "copies", None, workspace)
    suspects_job.cancel(job)


def test_a_search_that_another_server_began_is_seen_and_not_begun_twice(digits, workspace):
    job = SuspectsJob(DataSource("digits"), "odd", None, workspace)
    begin = (
        "from pathlib import Path; from core.datasets.source import DataSource; from core.files.paths import Workspace;"
        "from core.insight import suspects_job; from core.insight.suspects_job import SuspectsJob;"
        f"workspace = Workspace(Path({str(workspace.home)!r}),"
        f" Path({str(workspace.data)!r}), {workspace.database!r});"
        "suspects_job.start(SuspectsJob(DataSource('digits'), 'odd', None, workspace))"
    )
    stop = "; import os, pathlib; os.kill(int(pathlib.Path({lock!r}).read_text()), {signal:d})"  # lest it is done soon
    hold = stop.format(lock=str(lock_of(job)), signal=signal.SIGSTOP)
    subprocess.run([sys.executable, "-c", begin + hold], check=True, cwd=ROOT)  # its server is gone, the search is not
    assert suspects_job.status(job).state == "running"
    suspects_job.start(job)
    assert job.log not in suspects_job.jobs.at_work, "it was begun twice"
    os.kill(int(lock_of(job).read_text()), signal.SIGCONT)
    while (found := suspects_job.status(job)).state == "running":
        time.sleep(0.05)
    assert found.state == "done" and Suspects.open(digits, "odd", None, workspace)
    other = SuspectsJob(DataSource("digits"), "copies", None, workspace)
    begin = begin.replace("'odd'", "'copies'") + stop.format(lock=str(lock_of(other)), signal=signal.SIGSTOP)
    subprocess.run([sys.executable, "-c", begin], check=True, cwd=ROOT)
    process = int(lock_of(other).read_text())
    suspects_job.cancel(other)
    os.kill(process, signal.SIGCONT)
    while (found := suspects_job.status(other)).state == "running":
        time.sleep(0.05)
    assert not Suspects.open(digits, "copies", None, workspace)
    suspects_job.cancel(other)


def test_what_goes_wrong_is_told(digits, workspace):
    job = SuspectsJob(DataSource("digits", version="lost"), "odd", None, workspace)
    suspects_job.start(job)
    while (found := suspects_job.status(job)).state == "running":
        time.sleep(0.05)
    assert found.state == "failed" and "lost" in found.error
    suspects_job.cancel(job)
