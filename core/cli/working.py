"""`worker`: this computer takes runs from the queue."""

import signal
import sys
from argparse import Namespace

from core.cli.arguments import Command
from core.cli.output import emit, line
from core.errors import BadInput
from core.locale import _
from core.runs.database import without_password
from core.runs.lab import Lab


def add_to(command: Command) -> None:
    about = _("Take runs from the queue, one at a time on each device, until it is told to stop.")
    command("worker", about, worker)


def worker(options: Namespace) -> None:
    """Until a signal ends it: SIGTERM, or Ctrl-C."""
    from core.runs.attended import Attended

    lab = Lab.open()
    if lab.workspace.shared_runs and not lab.workspace.runs.is_dir():
        raise BadInput(
            "EPOCHLAB_RUNS is {folder}, which is not there. Mount it, or make it, on every computer.",
            folder=str(lab.workspace.runs),
        )

    def tell(words: str) -> None:
        if options.json:
            emit({"said": words})
        else:
            line(words, sys.stderr)

    attended = Attended(lab, tell)
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, attended.stop)
    tell(
        _(
            "Takes runs from {store} in {place} until Ctrl-C or SIGTERM.",
            store=without_password(lab.store.url),
            place=lab.workspace.place,
        )
    )
    attended.work()
