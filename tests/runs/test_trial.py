"""Trials are shared by every tab of a server."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.files import background_command
from core.files.paths import Workspace
from core.run_config import RunConfig
from core.runs import trial


class Child:
    """A process that is at work until it is stopped."""

    ended, pid = False, 4711

    def poll(self) -> int | None:
        return 0 if self.ended else None


def test_two_tabs_that_end_the_timed_steps_at_once_both_go_on(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two presses of Start do."""
    stopped = []

    def stop(child: Child, patience: float) -> None:
        time.sleep(0.1)  # a process takes a moment to go
        child.ended = True
        stopped.append(child)

    monkeypatch.setattr(background_command, "stop", stop)
    monkeypatch.setattr(trial, "_at_work", {tmp_path / "estimate-1.log": Child()})
    with ThreadPoolExecutor(4) as tabs:
        for tab in [tabs.submit(trial.stop_unasked) for _ in range(4)]:
            tab.result()
    assert len(stopped) == 1


def test_two_tabs_start_one_trial_of_the_same_settings(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def start(arguments: list[str], log: Path, workspace: Workspace) -> Child:
        time.sleep(0.1)
        started.append(log)
        return Child()

    monkeypatch.setattr(background_command, "start", start)
    monkeypatch.setattr(trial, "_at_work", {})
    with ThreadPoolExecutor(4) as tabs:
        begun = [tabs.submit(trial.start, "find-lr", RunConfig(), workspace) for _ in range(4)]
        assert all(one.result() for one in begun)
    assert len(started) == 1


def test_only_what_nobody_asked_for_gives_way(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    gave = []
    monkeypatch.setattr(background_command, "start", lambda *_: Child())
    monkeypatch.setattr(trial, "give_way", lambda niceness, pid: gave.append((niceness, pid)))
    for asked in (True, False):
        monkeypatch.setattr(trial, "_at_work", {})
        assert trial.start("estimate", RunConfig(), workspace, asked=asked)
    assert gave == [(trial.NICENESS, Child.pid)]
