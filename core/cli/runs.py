"""`runs`, `show`, `pause`, `resume`, `cancel` and `delete`."""

import json
import sys
import time
from argparse import Namespace
from dataclasses import asdict

from core import wording
from core.cli.data import ensure_prepared
from core.cli.output import brief, emit, line, say, table
from core.data.source import DataSource
from core.errors import BadInput, Problem
from core.runs.launch import Lab
from core.runs.store import EpochRow, Run, State

OBEYS = 15.0  # seconds that a worker has to obey before the command tells how things stand


def runs(options: Namespace) -> None:
    found = Lab.open().runs()
    if options.json:
        for run in found:
            emit({**brief(run), "summary": run.summary, "message": run.message})
    elif not found:
        line("There are no runs yet. Start with: python -m core train --recipe digits-quick")
    else:
        accuracy = [wording.percent((run.summary or {}).get("test_accuracy")) for run in found]
        table([[r.id, r.state, a, r.name] for r, a in zip(found, accuracy, strict=True)])


def show(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    epochs = lab.store.epochs(run.id)
    if options.json:
        lines = [{k: v for k, v in asdict(row).items() if k != "step"} for row in epochs]
        columns = {
            name: getattr(run, name) for name in ("summary", "pid", "message", "progress", "stage", "tags", "notes")
        }
        emit({**brief(run), "config": run.config.to_dict(), "epochs": lines, **columns})
        return
    stage = f", {run.stage}" if run.stage else ""
    line(f"{run.name} ({run.id}): {wording.state(run.state)}{stage}. {run.message}")
    table([[name, json.dumps(value)] for name, value in run.config.flat().items()])
    if epochs:
        table([["epoch", "train loss", "train acc.", "val loss", "val acc.", "time"], *map(epoch_cells, epochs)])
    if run.summary and "test_accuracy" in run.summary:
        counts = wording.of(run.summary["test_correct"], run.summary["test_total"])
        line(f"test accuracy {wording.percent(run.summary['test_accuracy'])} ({counts})")


def epoch_cells(row: EpochRow) -> list[str]:
    losses = wording.loss(row.train_loss), wording.loss(row.val_loss)
    shares = wording.percent(row.train_accuracy), wording.percent(row.val_accuracy)
    return [str(row.epoch), losses[0], shares[0], losses[1], shares[1], wording.duration(row.seconds)]


def pause(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    lab.pause(run.id)
    say(obeyed(lab, run, "paused", options), "is paused; go on with: python -m core resume {id}", options)


def cancel(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    lab.cancel(run.id)
    say(obeyed(lab, run, "cancelled", options), "is cancelled; what it learnt is kept", options)


def obeyed(lab: Lab, run: Run, state: State, options: Namespace) -> Run:
    """The run in the state it was asked into. `Problem` if that takes long, or if it ended in another."""
    until = time.monotonic() + OBEYS
    while (run := lab.run(run.id)).state == "running" and time.monotonic() < until:
        time.sleep(0.1)
    if run.state == state:
        return run
    if options.json:
        emit(brief(run))
    if run.state == "running":
        raise Problem(
            f"{run.name} ({run.id}) still trains; it will be {state} at the end of its current step. Watch it with: "
            f"python -m core show {run.id}"
        )
    raise Problem(f"{run.name} ({run.id}) is {run.state}: that came before it could be {state}. {run.message}".strip())


def resume(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    ensure_prepared(DataSource.of(run.config.data), lab.places, quiet=options.json)
    say(lab.resume(run.id), "is queued again; watch it with: python -m core show {id}", options)


def delete(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run, only=True)
    if not options.yes:
        if not sys.stdin.isatty():
            raise BadInput("Deleting asks first, and there is no terminal to ask on. Give --yes to delete without.")
        line(f"This deletes {run.name} ({run.id}): its settings, numbers, checkpoints and log.")
        try:
            answer = input("Type yes to go on: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "yes":
            raise Problem("Nothing was deleted.")
    lab.delete(run.id)
    say(run, "is deleted", options)
