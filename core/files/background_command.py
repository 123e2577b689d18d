"""Our own command line at work in a process of its own, which goes on after the one that started it. What it prints is
its log: one JSON object a line, and words where something went wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import translations
from core.files.paths import Workspace
from core.program import ROOT

try:
    import fcntl
except ImportError:  # Windows, where a process inherits no lock: there, work is seen by its own server alone
    fcntl = None  # type: ignore[assignment]

COMMAND = (sys.executable, "-m", "core")


def start(
    arguments: Sequence[str], log: Path, workspace: Workspace, held: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """Start a command on a workspace; its output goes to a new `log`, and it inherits the descriptors `held`, with the
    locks on them. `OSError` where the log cannot be written, or no process be made."""
    language = {"EPOCHLAB_LANGUAGE": translations.current()}  # of the caller: the process reports in words
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(held) if fcntl else (),
            env={**os.environ, **workspace.variables, **language},
            cwd=ROOT,
        )


def claim(lock: Path) -> int | None:
    """A descriptor that holds the lock, for a process to inherit, so that it is free when that ends; None while another
    process has it. `OSError` where it cannot be opened."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def stop(process: "subprocess.Popen[bytes]", patience: float) -> None:
    """Ask a process to end, and end it after `patience` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read(log: Path, tail: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The JSON objects, and the lines that are words, in the last `tail` bytes of a log; nothing where there is
    none."""
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - tail, 0))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines()]
    except OSError:
        return [], []
    reports, words = [], []
    for line in filter(None, lines):
        try:
            report = json.loads(line)
        except ValueError:
            words.append(line)
        else:
            reports += [report] if isinstance(report, dict) else []
    return reports, words
