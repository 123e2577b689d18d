"""What the commands print: aligned columns for people, one JSON object a line for programs.

What people see is one line without anything that moves the cursor or changes colours: names may come from anywhere.
"""

import json
import os
import sys
from argparse import Namespace
from typing import Any, TextIO

from core.errors import BadInput, Problem, reason
from core.locale import N_, _
from core.program import COMMAND
from core.runs.store import EpochRow, Run
from core.sanitize import one_line

# The words of the code that people read as they stand, translated where they are shown.
CODES = (N_("train"), N_("val"), N_("test"), N_("queued"), N_("running"), N_("images"), N_("bytes"))
YES = "yes"  # in every language: people copy from instructions what they type
MAX_COLUMN_CHARS = 60  # characters of a column but the last


def put(text: str, to: TextIO | None = None) -> None:
    """Print and flush a text, on standard output or elsewhere. `BrokenPipeError` if the reader has ended, as `head`
    does; `Problem` if it cannot be written. After that nothing more is written."""
    stream = to or sys.stdout
    try:
        print(text, file=stream, flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or Python would try again at its exit
        if isinstance(error, BrokenPipeError):
            raise
        raise Problem(
            "The output cannot be written ({reason}). Free some space, or write it to another place.",
            reason=reason(error),
        ) from error


def emit(values: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    put(json.dumps(values, ensure_ascii=False))


def table(rows: list[list[str]]) -> None:
    """Columns as wide as their widest entry; the last one has no limit."""
    rows = [[*(one_line(cell, MAX_COLUMN_CHARS) for cell in row[:-1]), one_line(row[-1])] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        put("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))


def brief(run: Run) -> dict[str, Any]:
    return {"run": run.id, "name": run.name, "state": run.state}


def epoch_values(row: EpochRow, measured_on: str) -> dict[str, Any]:
    """An epoch's numbers by name, as `train --json` and `show --json` print them: `val_*`, or `test_*` where every
    epoch was measured on the test set."""
    scores = {name: value for name, value in row.flat(measured_on).items() if name not in ("step", "lr", "seconds")}
    return scores | {"measured_on": measured_on, "lr": row["lr"], "seconds": row.seconds}


def summary_values(run: Run) -> dict[str, Any] | None:
    """A run's scores at its end, by the names of `epoch_values`; None before it."""
    if run.summary is None or run.config.data.measured_on == "val":
        return run.summary
    kept = {name: value for name, value in run.summary.items() if not name.startswith("val_")}  # `test_*` are the same
    return {"best_test_accuracy" if name == "best_val_accuracy" else name: value for name, value in kept.items()}


def say(run: Run, text: str, options: Namespace) -> None:
    """Print what happened to a run: `text` has places for its `name`, its `id` and the `command` of this program."""
    if options.json:
        emit(brief(run))
    else:
        line(_(text, name=run.name, id=run.id, command=COMMAND))


def confirm(options: Namespace, what: str) -> None:
    """Ask before something is deleted, unless `--yes` is given; `Problem` where the answer is no."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise BadInput("Deleting asks first, and there is no terminal to ask on. Give --yes to delete without.")
    line(what)
    try:
        answer = input(_("Type {yes} to go on: ", yes=YES))
    except EOFError:
        answer = ""
    if answer.strip().lower() != YES:
        raise Problem("Nothing was deleted.")


def line(text: str, to: TextIO | None = None) -> None:
    """One line for people."""
    put(one_line(text), to)


def say_written(files: object, *, replaced: bool) -> None:
    """Where the output of a command is; `replaced`: whether a file was there before."""
    if replaced:
        line(_("written over the file that was there: {files}", files=str(files)))
    else:
        line(_("written: {files}", files=str(files)))
