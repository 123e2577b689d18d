"""Two servers and four workers on one store (twenty and 400 runs where there is time): no run is claimed twice, none is
lost, nobody is told that it is locked."""

import os
import subprocess
import sys

import pytest

from tests.faults import many
from tests.runs.conftest import until

pytestmark = pytest.mark.slow
WORKERS, RUNS = (20, 400) if os.environ.get("EPOCHLAB_TEST_LONG") else (4, many(40))


def test_every_run_is_claimed_exactly_once(lab, tmp_path):
    environment = {**os.environ, "EPOCHLAB_HOME": str(lab.workspace.home), "EPOCHLAB_DB": lab.workspace.database}
    environment.pop("EPOCHLAB_DATA", None)

    def process(*arguments) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-m", *arguments], env=environment, stderr=subprocess.PIPE, text=True)

    notes = [tmp_path / f"worker-{number}" for number in range(WORKERS)]
    workers = [process("tests.runs.contender", str(note)) for note in notes]
    until(lambda: all(note.exists() for note in notes))  # all want the first run already
    servers = [process("tests.runs.queuer", str(RUNS // 2)) for _ in range(2)]
    for server in servers:
        assert server.wait(600) == 0, server.stderr.read()
    for note in notes:
        note.with_suffix(".stop").touch()
    for worker in workers:
        assert worker.wait(600) == 0, worker.stderr.read()
        assert "locked" not in worker.stderr.read()
    claimed = [run for note in notes for run in note.read_text().split()]
    assert len(claimed) == len(set(claimed)) == RUNS
    runs = lab.runs()
    assert {run.id for run in runs} == set(claimed) and {run.state for run in runs} == {"finished"}
    assert all(run.notes == "queued" and run.progress == 1 for run in runs)
    assert sum(note.stat().st_size > 0 for note in notes) > 1, "they did take turns"
