"""`continue` and `fork`: new runs that go on from another one."""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import get_args

from core.cli.arguments import Command, name_argument, run_argument, set_argument, whole_number
from core.cli.output import brief, emit, line
from core.cli.training import make_ready, read_changes
from core.locale import _
from core.program import COMMAND
from core.runs import forks
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.settings import ForkSchedule


def add_to(command: Command) -> None:
    sub = command("continue", _("Queue a run that trains a finished one longer."), longer)
    run_argument(sub)
    sub.add_argument(
        "--epochs", metavar="N", type=whole_number("--epochs"), required=True, help=_("all epochs, those done included")
    )
    fork_arguments(sub)
    sub = command("fork", _("Queue a run that goes on from an epoch of another, otherwise set."), fork)
    run_argument(sub)
    sub.add_argument(
        "--epoch", metavar="K", type=whole_number("--epoch"), required=True, help=_("go on from the end of this epoch")
    )
    set_argument(sub)
    fork_arguments(sub)


def fork_arguments(sub: ArgumentParser) -> None:
    sub.add_argument(
        "--schedule", choices=get_args(ForkSchedule), default="rule",
        help=_("the learning rate from there on: as the schedule has it at that epoch of the whole run (rule, the "
               "default), the last one (hold), or the schedule anew over the epochs that are left (restart)"),
    )  # fmt: skip
    name_argument(sub)


def longer(options: Namespace) -> None:
    lab = Lab.open()
    run = lab.find(options.run)
    done = forks.check_longer(run, options.epochs)
    get_ready(run, done, {forks.EPOCHS: options.epochs}, lab, options)
    tell(lab.train_longer(run.id, options.epochs, schedule=options.schedule, name=options.name), lab, options)


def fork(options: Namespace) -> None:
    lab = Lab.open()
    run, changes = lab.find(options.run), read_changes(options.changes)
    get_ready(run, options.epoch, changes, lab, options)
    tell(lab.fork(run.id, options.epoch, changes, schedule=options.schedule, name=options.name), lab, options)


def get_ready(run: Run, epoch: int, changes: dict[str, object], lab: Lab, options: Namespace) -> None:
    """Refuse what cannot be forked, prepare the data if that is to do, and say so where the optimizer forgets."""
    rows = lab.store.epochs(run.id)
    forks.fork_point(run, epoch, rows, lab.files)
    config = forks.forked_config(run, epoch, changes, options.schedule, rows)
    model = make_ready(config, lab, quiet=options.json, weights=False)
    from core.training.fork import keeps_optimizer_state

    if not keeps_optimizer_state(run.config, config, model.learning):
        line(
            _("With this change the optimizer begins without a memory of its earlier steps (momentum and the like)."),
            sys.stderr,
        )


def tell(run: Run, lab: Lab, options: Namespace) -> None:
    assert run.origin
    if options.json:
        emit({**brief(run), "origin": asdict(run.origin), "epochs": run.config.training.epochs})
        return
    line(
        _(
            "{name:name} ({id}) is queued; it goes on from {origin:name} after epoch {epoch}. Watch it with: {command} "
            "show {id}",
            name=run.name,
            id=run.id,
            origin=run.origin.name,
            epoch=run.origin.epoch,
            command=COMMAND,
        )
    )
