"""The search in a process beside the page."""

import time

from core.datasets.source import DataSource
from core.insight import suspects_job
from core.insight.suspects import Suspects
from core.insight.suspects_job import SuspectsJob


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


def test_what_goes_wrong_is_told(digits, workspace):
    job = SuspectsJob(DataSource("digits", version="lost"), "odd", None, workspace)
    suspects_job.start(job)
    while (found := suspects_job.status(job)).state == "running":
        time.sleep(0.05)
    assert found.state == "failed" and "lost" in found.error
    suspects_job.cancel(job)
