"""A trial of settings before they become a run: the learning-rate finder, or a few timed steps. A process of its own,
which a page starts, watches and cancels; what it found is kept, and found again for the same settings."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from core.errors import Problem
from core.files import background_command
from core.files.paths import Workspace
from core.files.priority import give_way
from core.locale import _
from core.run_config import RunConfig
from core.runs.forecast import key, work_of
from core.training.pace import Pace

Kind = Literal["find-lr", "estimate"]  # commands of the command line
LAST_KEY: dict[Kind, str] = {"find-lr": "suggestion", "estimate": "epoch_seconds"}  # of the last report
LOG_BYTES = 2**17  # of a log: more than any has
STOP_TIMEOUT_S = 2.0  # seconds to wait for a process to go
NICENESS = 15  # of a trial that nobody asked for: how far it gives way to others
KEPT = 100  # logs; older ones are removed

_at_work: dict[Path, "subprocess.Popen[bytes]"] = {}  # log → the process that this one started
_turn = RLock()  # tabs are threads: one at a time starts or ends a trial


@dataclass(frozen=True)
class Trial:
    """Where a trial stands: its reports so far, as the command prints them; `error` is a sentence, if it failed."""

    state: Literal["absent", "running", "done", "failed"]
    reports: list[dict[str, Any]]
    error: str = ""
    ended: float = 0.0  # seconds since 1970


def start(kind: Kind, config: RunConfig, workspace: Workspace, *, asked: bool = True) -> bool:
    """Begin a trial, unless it is at work already. There is one at a time: one that a person `asked` for ends one that
    nobody did, and any other waits (False)."""
    with _turn:
        log = _log(kind, config, workspace)
        if any(child.poll() is None and other != log for other, child in _at_work.items()):
            if not asked or any(_is(other, "find-lr") for other, child in _at_work.items() if child.poll() is None):
                return False
            stop_unasked()
        if status(kind, config, workspace).state == "running":
            return True
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            _tidy(log.parent)
            settings = log.with_suffix(".json")
            settings.write_text(config.to_json())
            command = [kind, "--config", str(settings), "--as-prepared", "--json"]  # nobody asked to read images anew
            child = background_command.start(command, log, workspace)
        except OSError as error:
            raise Problem(
                "The trial could not be started ({strerror}): check the space and the permissions of {home}, then try "
                "again.",
                strerror=error.strerror,
                home=workspace.home,
            ) from error
        _at_work[log] = child
        if not asked:
            give_way(NICENESS, child.pid)
        return True


def status(kind: Kind, config: RunConfig, workspace: Workspace) -> Trial:
    """Where the trial of these settings stands."""
    log = _log(kind, config, workspace)
    child = _at_work.get(log)
    running = child is not None and child.poll() is None
    reports, words = background_command.read(log, LOG_BYTES)
    if running:
        return Trial("running", reports)
    if reports and LAST_KEY[kind] in reports[-1]:
        return Trial("done", reports, ended=log.stat().st_mtime)
    if child is None:  # it was never started, or ended with the server that started it
        return Trial("absent", [])
    if not words or any(line.startswith("Traceback") for line in words):
        words = [_("The trial stopped unexpectedly; see {log}, or try again.", log=log)]
    return Trial("failed", reports, words[-1], time.time())


def cancel(kind: Kind, config: RunConfig, workspace: Workspace) -> None:
    """End a trial, and forget what it found."""
    log = _log(kind, config, workspace)
    with _turn:
        if child := _at_work.pop(log, None):
            background_command.stop(child, STOP_TIMEOUT_S)
        log.unlink(missing_ok=True)


def stop_unasked() -> None:
    """End the timed steps that are at work, if any: something that a person asked for needs the processor."""
    with _turn:
        for log, child in list(_at_work.items()):
            if _is(log, "estimate") and child.poll() is None:
                background_command.stop(child, STOP_TIMEOUT_S)
                del _at_work[log]


def timed_pace(config: RunConfig, workspace: Workspace, before: float | None = None) -> Pace | None:
    """What timed steps have found for the work of these settings; by the moment `before` (seconds since 1970)."""
    trial = status("estimate", config, workspace)
    if trial.state != "done" or (before is not None and trial.ended > before):
        return None
    last = trial.reports[-1]
    return Pace(float(last["fixed_seconds"]), float(last["epoch_seconds"]), last["memory"] and int(last["memory"]))


def _log(kind: Kind, config: RunConfig, workspace: Workspace) -> Path:
    """The log of a trial, by what it depends on."""
    if kind == "estimate":
        parts = work_of(config)
    else:  # the rate is what it looks for, and there is no schedule in it
        parts = config.to_dict()
        del parts["schedule"], parts["optimizer"]["lr"], parts["training"]["epochs"]
    return workspace.trials / f"{kind}-{key(parts)}.log"


def _is(log: Path, kind: Kind) -> bool:
    return log.name.startswith(kind)


def _tidy(folder: Path) -> None:
    """Remove the oldest logs but for the newest `KEPT`, each with its settings."""
    logs = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)
    for old in logs[:-KEPT]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)
