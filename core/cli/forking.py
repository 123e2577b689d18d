"""`continue` and `fork`: new runs that go on from another one."""

import sys
from argparse import Namespace
from dataclasses import asdict

from core.cli.output import brief, emit, line
from core.cli.training import make_ready, read_changes
from core.locale import _
from core.program import COMMAND
from core.runs import forks
from core.runs.lab import Lab
from core.runs.store import Run


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
    forks.fork_point(run, epoch, lab.files)
    config = forks.forked_config(run, epoch, changes, options.schedule, lab.store.epochs(run.id))
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
