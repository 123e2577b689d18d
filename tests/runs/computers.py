"""Computers of tests: each is a home of its own, with a PostgreSQL and a folder of runs that they share."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from core.files.paths import Workspace
from core.program import ROOT
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import Run
from core.training import checkpoint

Worker = Callable[..., "subprocess.Popen[bytes]"]


class Nobody:
    """Starts no worker: who only submits."""

    def start_worker(self, idle: float = 0.0) -> None: ...

    def ensure_worker(self) -> None: ...

    def is_alive(self, run_id: str) -> bool:
        return False

    def problem(self) -> str:
        return ""


def computer(folder: Path, name: str, url: str) -> Lab:
    """A computer of this name, where nothing is prepared."""
    (folder / "shared").mkdir(exist_ok=True)
    home = folder / name
    return Lab(Workspace(home, home / "data", url, folder / "shared"), SqlStore(url), Nobody())


def desk_of(folder: Path, url: str, digits: Path) -> Lab:
    """Where runs are submitted: it has the digits, and trains nothing by itself."""
    lab = computer(folder, "desk", url)
    shutil.copytree(digits, lab.workspace.cache / "digits")
    return lab


def said(lab: Lab) -> str:
    """What the workers of a computer have told."""
    return Path(f"{lab.workspace.home}.said").read_text()


@contextmanager
def workers() -> Iterator[Worker]:
    """Starts `python -m core worker` on a computer, with the words of a command before it; at the end none is left."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(lab: Lab, *before: str, database: str = "") -> "subprocess.Popen[bytes]":
        workspace = lab.workspace
        variables = workspace.variables | {"EPOCHLAB_SAVE_EVERY": "0.2"}
        if database:
            variables["EPOCHLAB_DB"] = database
        with open(f"{workspace.home}.said", "ab") as told:
            begun.append(
                subprocess.Popen([*before, sys.executable, "-m", "core", "worker"], cwd=ROOT, stderr=told,
                                 env={**os.environ, **variables})
            )  # fmt: skip
        return begun[-1]

    yield begin
    for process in begun:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)
    for process in begun:
        process.wait(60)


def weights_of(lab: Lab, run: Run) -> dict[str, torch.Tensor]:
    """Of the last checkpoint, with what the optimizer remembers."""
    saved = checkpoint.load(lab.files.checkpoint(run.id))
    moments = saved["optimizer"]["state"]
    found = {f"{at}.{name}": value for at, kept in moments.items() for name, value in kept.items()}
    return {**saved["model"], **{name: torch.as_tensor(value) for name, value in found.items()}}


def assert_same(lab: Lab, run: Run, undisturbed: Run) -> None:
    """The bits of weights and of the optimizer, and one history."""
    mine, whole = weights_of(lab, run), weights_of(lab, undisturbed)
    assert mine.keys() == whole.keys() and all(torch.equal(mine[name], whole[name]) for name in whole)
    assert len(mine) > 2 * len(checkpoint.load(lab.files.checkpoint(run.id))["model"]), "the optimizer remembers"
    names = ("train_loss", "train_correct", "val_loss", "val_correct")
    ends = epochs_of(lab, run, names), epochs_of(lab, undisturbed, names)
    assert ends[0] == ends[1] and len(ends[0]) == run.config.training.epochs + 1
    steps = [[(row.step, row["loss"]) for row in lab.store.steps(one.id)] for one in (run, undisturbed)]
    assert steps[0] == steps[1]


def epochs_of(lab: Lab, run: Run, names: Sequence[str]) -> list[tuple[object, ...]]:
    return [(row.epoch, row.step, *(row[name] for name in names)) for row in lab.store.epochs(run.id)]
