"""What nobody waits for gives way."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.files.priority import give_way


@pytest.fixture
def sleeper() -> Iterator[int]:
    """A process that leads a session of its own."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as child:
        yield child.pid
        child.kill()


def test_a_process_and_its_session_give_way(sleeper: int) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    give_way(18, sleeper)
    assert os.getpriority(os.PRIO_PROCESS, sleeper) == 18
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
    group = Path(f"/proc/{sleeper}/autogroup")
    assert not group.exists() or "nice 18" in group.read_text()


def test_one_that_has_gone_is_no_error(sleeper: int) -> None:
    os.kill(sleeper, 9)
    os.waitpid(sleeper, 0)
    give_way(18, sleeper)
