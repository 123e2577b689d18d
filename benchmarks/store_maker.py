"""A workspace as it looks after weeks of use: many finished runs of several recipes, with all their numbers.

Nothing is trained here; the curves are drawn by a formula and written through the store, as a worker would. Only
`trained` makes models that answer.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np

from benchmarks.side_by_side import say
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared import prepare
from core.recipes import RECIPES, recipe
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import EpochRow, Run, StepRow
from core.training.events import EpochMetrics, Score
from core.training.metrics import computed

LOT = 2000  # step rows written at once
BEAT = 0.2  # seconds between two reports, as the training loop makes them
RATE = 20_000.0  # images a second, about


def new_lab(home: Path, data: Path | None) -> Lab:
    """An empty workspace in which the digits are prepared."""
    workspace = Workspace(home, data or home / "data", f"sqlite:///{home / 'epochlab.db'}")
    list(prepare.prepare(DataSource("digits"), workspace))
    return Lab(workspace, SqlStore(workspace.database))


def fill(lab: Lab, runs: int, steps: int) -> list[Run]:
    """Add `runs` finished runs, each with `steps` step rows; oldest first."""
    usual = [entry for entry in RECIPES if not entry.folder]
    made = []
    for number in range(runs):
        entry = usual[number % len(usual)]
        made.append(finished(lab, varied(entry.config, number), number, steps))
        if number % 20 == 19 or number == runs - 1:
            say(f"{number + 1} of {runs} runs with {steps} steps each")
    return made


def varied(config: RunConfig, number: int) -> RunConfig:
    """The recipe with changes such as a person would try."""
    rates = (0.5, 1.0, 2.0, 5.0)
    return config.replace(
        {
            "optimizer.lr": config.optimizer.lr * rates[number % len(rates)],
            "training.batch_size": 16 * 2 ** (number % 4),
            "training.epochs": 5 + number % 16,
            "training.seed": number,
        }
    )


def finished(lab: Lab, config: RunConfig, number: int, steps: int) -> Run:
    """One run that has ended, with curves and a summary."""
    run = lab.store.add(config, state="finished")
    epochs = config.training.epochs
    rows = list(step_rows(number, 1, steps, steps / epochs))
    for start in range(0, steps, LOT):
        lab.store.report(run.id, rows[start : start + LOT])
    for epoch in range(epochs + 1):
        last = epoch_row(number, epoch, round(epoch * steps / epochs), config)
        lab.store.report(run.id, epoch=last)
    seconds = steps * config.training.batch_size / RATE + epochs
    summary = {
        "run": run.id, "name": run.name, "state": "finished", "epochs": epochs,
        **{name: value for name, value in last.metrics.items() if name != "lr"},
        "best_epoch": epochs, "best_val_accuracy": last["val_accuracy"],
        **{name.replace("val_", "test_"): value for name, value in last.metrics.items() if name.startswith("val_")},
        "seconds": seconds, "training_seconds": seconds, "images_per_second": RATE, "stopped_early": False,
    }  # fmt: skip
    lab.store.change(
        run.id, summary=summary, progress=1.0, seconds=seconds, started=run.created, finished=run.created + seconds
    )
    return lab.store.get(run.id)


def step_rows(seed: int, first: int, count: int, per_epoch: float) -> Iterator[StepRow]:
    """`count` rows from step `first` on: a loss that falls and an accuracy that rises, with noise."""
    noise = np.random.default_rng([seed, first])
    for step in range(first, first + count):
        epoch = step / per_epoch
        shake = float(noise.normal(0, 0.05))
        loss = 0.05 + 2.25 * math.exp(-epoch) * (1 + shake) + abs(shake) / 2
        rate = 0.001 / (1 + epoch / 10)
        values = {"loss": loss, "accuracy": math.exp(-loss), "lr": rate, "images_per_second": RATE * (1 + shake)}
        yield StepRow(step, epoch, values, step / per_epoch)


def epoch_row(seed: int, epoch: int, step: int, config: RunConfig) -> EpochRow:
    loss = 0.06 + 2.25 * math.exp(-epoch) + 0.01 * math.sin(seed + epoch)
    right = round(10_000 * math.exp(-loss))
    train = Score(loss * 0.9, right, 10_000) if epoch else None
    shares = {spec.name: math.exp(-loss * (1 + place / 10)) for place, spec in enumerate(computed(10))}
    val = Score(loss, right, 10_000, shares)
    return EpochRow.of(EpochMetrics(epoch, step, train, val, config.optimizer.lr, float(epoch), best=False))


def trained(lab: Lab, count: int) -> list[Run]:
    """Train `count` small models on the digits for one epoch, here and now."""
    from core.runs.foreground import train_here

    made = []
    for number in range(count):
        say(f"training model {number + 1} of {count}")
        config = recipe("digits-quick").config.replace({"training.epochs": 1, "training.seed": number})
        run = train_here(config, lab, f"Reader {number + 1}", None, lambda event: None)
        assert run.state == "finished", run.message
        made.append(run)
    return made


def grow(lab: Lab, run: Run, stopped: Event, per_epoch: int) -> None:
    """Go on reporting to a run, as its worker would, until `stopped` is set."""
    step = lab.store.steps(run.id)[-1].step
    while not stopped.wait(BEAT):
        step += 1
        rows = step_rows(1, step, 1, per_epoch)
        ended = epoch_row(1, step // per_epoch, step, run.config) if step % per_epoch == 0 else None
        lab.store.report(run.id, rows, ended, progress=0.5, seconds=step / per_epoch)
