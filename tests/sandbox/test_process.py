"""A process with limits: what it answers, and how it ends when it takes too much."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.sandbox import process
from core.sandbox.process import Child, Stopped, run

MODULE = "tests.limited_child"
MEMORY = 256 << 20
unix = pytest.mark.skipif(sys.platform == "win32", reason="no memory limits there")


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_answer_is_the_bytes_that_were_made() -> None:
    content = b"echo " + os.urandom(5 << 20)
    assert run(MODULE, content, memory=MEMORY, seconds=20) == content[5:]


def test_one_process_answers_many_times_and_goes_at_the_end() -> None:
    with Child(MODULE, memory=MEMORY) as child:
        pids = {int(child.ask(b"pid", seconds=20)) for _ in range(5)}
        assert len(pids) == 1 and child.alive
    assert not child.alive and _gone(pids.pop())


@pytest.mark.parametrize(
    ("work", "limit"), [(b"sleep 60", "clock"), (b"spin 60", "clock"), (b"compute 60", "time"), (b"grind 60", "time")]
)
def test_time_is_limited(work: bytes, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MIN_CLOCK_S", 0.5)
    monkeypatch.setattr(process, "CLOCK_FACTOR", 2 if limit == "clock" else 30)
    with Child(MODULE, memory=MEMORY) as child:
        child.ask(b"", seconds=20)
        began = time.monotonic()
        with pytest.raises(Stopped) as stopped:
            child.ask(work, seconds=0.3)
        assert stopped.value.limit == limit and time.monotonic() - began < 9 and not child.alive


def test_what_other_programs_take_of_the_processor_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MIN_CLOCK_S", 20.0)
    with Child(MODULE, memory=MEMORY) as child:
        assert child.ask(b"sleep 0.6", seconds=0.2) == b""


@unix
@pytest.mark.parametrize("only_watched", [False, True])
def test_memory_is_limited(only_watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if only_watched:
        monkeypatch.setenv("ONLY_WATCHED", "1")
    with Child(MODULE, memory=MEMORY) as child:
        assert child.ask(b"fill 50000000", seconds=20) == b"\1"
        with pytest.raises(Stopped) as stopped:
            child.ask(b"fill 600000000", seconds=20)
        assert stopped.value.limit == "memory" and not child.alive


@pytest.mark.skipif(sys.platform != "linux", reason="no limit of data there")
def test_memory_is_refused_before_it_is_used() -> None:
    with pytest.raises(Stopped) as stopped:
        run(MODULE, b"claim 600000000", memory=MEMORY, seconds=20)
    assert stopped.value.limit == "memory"


def test_a_process_that_dies_and_work_that_fails_are_told_apart_from_limits() -> None:
    with Child(MODULE, memory=MEMORY) as child:
        with pytest.raises(Stopped, match="no good") as failed:
            child.ask(b"fail", seconds=20)
        assert failed.value.limit == "" and child.ask(b"echo on", seconds=20) == b"on"
        with pytest.raises(Stopped) as died:
            child.ask(b"die", seconds=20)
        assert died.value.limit == "" and not child.alive
        with pytest.raises(Stopped):
            child.ask(b"pid", seconds=20)


@unix
@pytest.mark.parametrize("work", ["", "sleep 60"])
def test_it_does_not_outlive_its_parent(work: str) -> None:
    """Idle it hears that the parent is gone; busy the system ends it a moment after its time."""
    code = f"""
import threading, time
from core.sandbox.process import Child
child = Child({MODULE!r}, memory={MEMORY})
print(int(child.ask(b"pid", seconds=20)), flush=True)
threading.Thread(target=lambda: child.ask({work.encode()!r}, seconds=0.6), daemon=True).start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=process.ROOT) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        time.sleep(0.3)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    until = time.monotonic() + 10
    while not _gone(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert _gone(pid)
