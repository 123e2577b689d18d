"""Training a run in this very process, for the command line."""

import os
from collections.abc import Callable
from contextlib import ExitStack

from filelock import FileLock

from core.locale import N_
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.oom_counters import read_oom_counters
from core.runs.store import Run
from core.training.events import Event


def train_here(config: RunConfig, lab: Lab, name: str, recipe: str | None, observe: Callable[[Event], None]) -> Run:
    """Train a new run to its end; returns its row. It does not wait for other runs: its user wants the result now."""
    # Created as paused, so that no worker takes it before this process holds its lock.
    run = lab.queue.begun(config, name, recipe=recipe)
    with FileLock(lab.files.lock(run.id)), ExitStack() as ended:
        ended.callback(lab.store.hold(run.id).release)
        lab.store.move(
            run.id,
            "running",
            only_from=["paused"],
            pid=os.getpid(),
            place=lab.workspace.place,
            oom_counters=read_oom_counters(),
            stage=N_("starting"),
        )
        return execute(lab.store.get(run.id), lab, observe)
