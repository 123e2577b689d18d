"""A workspace of a benchmark's own, its runs, and what a server on it uses up."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.side_by_side import read
from core.runs.lab import Lab
from core.runs.store import Run
from tests.browser.serving import Server, end_workers

QUIET = 3  # seconds of little work after which a server counts as idle


@contextmanager
def workspace() -> Iterator[Lab]:
    """An empty workspace in the environment of this process and of all that it starts; gone afterwards, and its
    workers with it. EPOCHLAB_DATA stays as it is, so that data sets are found."""
    with tempfile.TemporaryDirectory(prefix="epochlab-", ignore_cleanup_errors=True) as home:
        os.environ["EPOCHLAB_HOME"] = home
        os.environ.pop("EPOCHLAB_DB", None)
        lab = Lab.open()
        try:
            yield lab
        finally:
            end_workers(lab.workspace.home)


def resident(server: Server) -> float:
    """A server's resident memory in MB (10⁶ bytes), as Linux counts it."""
    lines = read(f"/proc/{server.process.pid}/status").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6


def worked(server: Server) -> float:
    """Its processor time so far, in seconds."""
    return processor_time(server.process.pid)


def processor_time(pid: int) -> float:
    """What a process has worked so far, in seconds; 0 once it has gone."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def wants_processor(pid: int) -> bool:
    """Whether one of its threads computes at this moment, or would if it got a processor."""
    stats = (read(str(thread / "stat")) for thread in Path(f"/proc/{pid}/task").glob("*"))
    return any(stat.rpartition(")")[2].split()[:1] == ["R"] for stat in stats)


async def rested(server: Server) -> None:
    """Wait until it has imported what it imports after its first page: until it works little for some seconds."""
    quiet = 0
    while quiet < QUIET:
        before = worked(server)
        await asyncio.sleep(1)
        quiet = quiet + 1 if worked(server) - before < 0.2 else 0


def tracebacks(lab: Lab) -> int:
    """How many errors the server's log has that no page has shown."""
    return read(str(lab.workspace.home / "server.log")).count("Traceback (most recent call last)")


def started(run: Run, lab: Lab) -> Run:
    """The run, once its epochs have begun: the untrained model is measured."""
    while (now := lab.run(run.id)).active and not lab.store.epochs(run.id):
        time.sleep(0.1)
    assert now.state == "running", f"the run is {now.state}: {now.message}"
    return now


def finished(run: Run, lab: Lab) -> Run:
    """The run, once it has ended well. Asked for once a second, so that the asking costs nothing."""
    while (now := lab.run(run.id)).active:
        time.sleep(1)
    assert now.state == "finished", f"the run is {now.state}: {now.message}"
    return now
