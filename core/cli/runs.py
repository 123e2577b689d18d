"""`runs`, `show`, `pause`, `resume`, `cancel` and `delete`."""

import json
import time
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core import formatting
from core.cli.arguments import Command, run_argument
from core.cli.data import ensure_prepared
from core.cli.diagnosis import verdict_lines
from core.cli.output import brief, confirm, emit, epoch_values, line, say, summary_values, table
from core.cli.training import ensure_weights
from core.datasets.source import DataSource
from core.errors import Problem
from core.insight.comparison import evaluated_columns, tested
from core.insight.diagnosis import verdicts_of
from core.locale import N_, _, translate
from core.program import COMMAND
from core.runs.lab import Lab
from core.runs.starting_weights import start_text
from core.runs.store import EpochRow, Run, State
from core.training.metrics import metrics_in_words
from core.training.metrics.spec import MetricSpec

OBEYS = 15.0  # seconds that a worker has to obey before the command reports the state


def add_to(command: Command) -> None:
    command("runs", _("List the runs, newest first."), runs)
    run_argument(command("show", _("Show a run: settings, state, epochs, summary."), show))
    run_argument(command("pause", _("Save a run and set it aside."), pause))
    run_argument(command("resume", _("Go on with an unfinished run from its last checkpoint."), resume))
    run_argument(command("cancel", _("End a run where it is; it can be resumed."), cancel))
    sub = command("delete", _("Delete a run: its row, numbers, checkpoints and log."), delete)
    run_argument(sub)
    sub.add_argument("--yes", action="store_true", help=_("do not ask"))


def runs(options: Namespace) -> None:
    lab = Lab.open()
    found = lab.runs()
    if options.json:
        for run in found:
            measured_on = run.config.data.measured_on
            values = {"summary": summary_values(run), "message": run.message, "place": run.place}
            emit({**brief(run), "measured_on": measured_on, **values})
    elif not found:
        line(_("There are no runs yet. Start with: {command} train --recipe digits-quick", command=COMMAND))
    else:
        accuracy = [formatting.percent((run.summary or {}).get("test_accuracy")) for run in found]
        computers = [[run.computer or formatting.NONE] if lab.store.shared else [] for run in found]
        rows = zip(found, accuracy, computers, strict=True)
        table([[r.id, translate(r.state), a, *on, r.name] for r, a, on in rows])


def show(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    epochs = lab.store.epochs(run.id)
    found = verdicts_of(run, epochs, lab.store.steps(run.id), lab)
    waits = lab.waits_for(run)
    if options.json:
        measured_on = run.config.data.measured_on
        lines = [epoch_values(row, measured_on) for row in epochs]
        columns = {
            name: getattr(run, name) for name in ("place", "pid", "message", "progress", "stage", "tags", "notes")
        }
        values: dict[str, Any] = {"config": run.config.to_dict(), "measured_on": measured_on, "epochs": lines}
        values |= {"summary": summary_values(run), **columns}
        values["verdict"] = [one.values for one in found]
        values |= {"waits_for": waits} if waits else {}
        values |= {"origin": run.origin and asdict(run.origin), "fork_points": lab.fork_points(run)}
        emit({**brief(run), **values})
        return
    state = formatting.state(run.state)
    if lab.store.shared and run.state == "running":
        state = _("{state} on {computer}", state=state, computer=run.computer)
    if run.stage:
        state = _("{state}, {stage}", state=state, stage=translate(run.stage))
    message = run.message or waits
    if lab.liveness.is_missed(run):
        message = _(
            "Nothing is heard of its worker: it is off, or cannot reach the database. If that lasts, a computer that "
            "takes runs goes on with it from its last checkpoint."
        )
    line(_("{name} ({id}): {state}. {message}", name=run.name, id=run.id, state=state, message=message).rstrip())
    if run.origin:
        line(
            _("goes on from {name:name} ({id}) after epoch {epoch}", name=run.origin.name, id=run.origin.run,
              epoch=run.origin.epoch)
        )  # fmt: skip
    if start := (run.summary or {}).get("weights_from"):
        line(start_text(start))
    table([[name, json.dumps(value)] for name, value in run.config.flat().items()])
    if points := lab.fork_points(run):
        size = lab.files.checkpoint_bytes(run.id)
        epochs_kept = ", ".join(map(str, points))
        line(_("can be forked after epoch {epochs}; its checkpoints take {size:size}", epochs=epochs_kept, size=size))
    if epochs:
        table(epoch_table(epochs, run.config.data.measured_on))
    if run.summary and "test_accuracy" in run.summary:
        right = formatting.of(run.summary["test_correct"], run.summary["test_total"])
        line(_("test accuracy {accuracy:percent} ({right})", accuracy=run.summary["test_accuracy"], right=right))
        if words := metrics_in_words({name: run.summary[f"test_{name}"] for name in tested([run.summary])}):
            line(_("on the test images, too: {metrics}", metrics=words))
    for words in verdict_lines(run, found):
        line(words)


def epoch_table(rows: Sequence[EpochRow], measured_on: str) -> list[list[str]]:
    """A heading, and a line of cells for every epoch: its number, all that was evaluated, and the time."""
    columns, names = evaluated_columns(rows), {"train": "train", "val": measured_on}
    lines = [[_("epoch"), *(heading(names[part], spec) for part, spec in columns), _("total time")]]
    for row in rows:
        cells = [spec.write(row[f"{part}_{spec.name}"]) for part, spec in columns]
        lines.append([str(row.epoch), *cells, formatting.duration(row.seconds)])
    return lines


def heading(part: str, spec: MetricSpec) -> str:
    """Of a column with the values of a part: `val acc.`."""
    return _("{part} {metric}", part=translate(part), metric=translate(spec.heading))


def pause(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    lab.pause(run.id)
    say(
        obeyed(lab, run, "paused", options),
        N_("{name:name} ({id}) is paused; go on with: {command} resume {id}"),
        options,
    )


def cancel(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    lab.cancel(run.id)
    ended = obeyed(lab, run, "cancelled", options)
    if lab.files.has_checkpoint(run.id):
        say(ended, N_("{name:name} ({id}) is cancelled; what it learnt is kept"), options)
    else:
        say(ended, N_("{name:name} ({id}) is cancelled; it had not learnt anything yet"), options)


def obeyed(lab: Lab, run: Run, state: State, options: Namespace) -> Run:
    """The run in the requested state. `Problem` if that takes long, or if the run ended in another state."""
    until = time.monotonic() + OBEYS
    while (run := lab.run(run.id)).state == "running" and time.monotonic() < until:
        time.sleep(0.1)
    if run.state == state:
        return run
    if options.json:
        emit(brief(run))
    if run.state == "running":
        raise Problem(
            "{name:name} ({id}) still trains; it will be {state} at the end of its current step. Watch it with: "
            "{command} show {id}",
            name=run.name,
            id=run.id,
            state=translate(state),
            command=COMMAND,
        )
    ended = _(
        "{name:name} ({id}) is {state}: that came before it could be {wanted}.",
        name=run.name,
        id=run.id,
        state=translate(run.state),
        wanted=translate(state),
    )
    raise Problem("{words}", words=f"{ended} {run.message}".strip())


def resume(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.liveness.settled(lab.find(options.run))
    if not lab.files.has_checkpoint(run.id) and not run.origin:
        ensure_weights(run.config.model, quiet=options.json)
    ensure_prepared(DataSource.of(run.config.data), lab.workspace, quiet=options.json)
    say(lab.resume(run.id), N_("{name:name} ({id}) is queued again; watch it with: {command} show {id}"), options)


def delete(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run, only=True)
    confirm(
        options,
        _("This deletes {name:name} ({id}): its settings, numbers, checkpoints and log.", name=run.name, id=run.id),
    )
    lab.liveness.settled(run)
    lab.delete(run.id)
    say(run, N_("{name:name} ({id}) is deleted"), options)
