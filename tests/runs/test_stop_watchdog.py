"""What was asked of a run that does not look up in time."""

import subprocess
import threading
import time
from typing import Any

import pytest

from core.run_config import RunConfig
from core.runs import stop_watchdog
from core.runs.attempt import Attempt
from core.runs.lab import Lab
from tests.runs.conftest import until


@pytest.fixture
def hasty(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(stop_watchdog, "POLL_INTERVAL_S", 0.02)
    monkeypatch.setattr(stop_watchdog, "STOP_TIMEOUT_S", {"pause": 0.3, "cancel": 0.3})
    return lab


@pytest.mark.parametrize("requested_action,state", [("pause", "paused"), ("cancel", "cancelled")])
def test_what_is_not_heard_is_done_from_beside(hasty: Lab, requested_action: str, state: str) -> None:
    run, ended = hasty.store.add(RunConfig(), state="running"), []
    hasty.store.change(run.id, requested_action=requested_action)
    stop_watchdog.wait(hasty, Attempt(run, hasty.store), lambda: ended.append(True))
    seen = hasty.store.get(run.id)
    assert ended and (seen.state, seen.requested_action, seen.pid) == (state, None, None)
    assert "in the middle of a long step" in seen.message and seen.message in hasty.files.log(run.id)


def test_what_is_heard_is_left_alone(hasty: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    run, ended = hasty.store.add(RunConfig(), state="running"), []
    watched = (hasty, Attempt(run, hasty.store), lambda: ended.append(True))
    watching = threading.Thread(target=stop_watchdog.wait, args=watched)
    watching.start()
    time.sleep(0.5)  # longer than a run may take to obey: nothing was asked of it
    hasty.store.change(run.id, requested_action="pause")
    hasty.store.move(run.id, "paused", only_from=["running"])
    monkeypatch.setattr(stop_watchdog, "STOP_TIMEOUT_S", {"pause": 5.0, "cancel": 0.0})
    hasty.store.change(run.id, requested_action="cancel")  # too late: it does not train any more
    watching.join(5)
    assert not watching.is_alive() and not ended
    assert hasty.store.get(run.id).state == "paused"


@pytest.mark.slow
def test_a_worker_in_a_long_step_pauses_in_time_and_goes_on(
    quiet: Lab, digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of a second or so on two cores; on a machine that takes it at once the request is simply heard."""

    def hasty(command: list[str], **options: Any) -> subprocess.Popen:
        return Popen([word.replace("core.runs.worker", "tests.runs.hasty_worker") for word in command], **options)

    Popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", hasty)
    slow = RunConfig().replace(
        {"model.channels": [256, 512], "model.widths": [], "training.epochs": 50, "training.batch_size": 1400,
         "training.precision": "float32", "data.validation": 0.0}
    )  # fmt: skip
    run = quiet.submit(slow)
    until(lambda: quiet.run(run.id).stage.startswith("epoch 1"))
    quiet.pause(run.id)
    until(lambda: quiet.run(run.id).state == "paused", 15)
    quiet.resume(run.id)
    until(lambda: quiet.run(run.id).state == "running")
