"""`worker`: this computer takes runs from the queue. `computers`: which do."""

import signal
import sys
from argparse import Namespace

from core.cli.arguments import Command
from core.cli.output import emit, line, table
from core.locale import _
from core.program import COMMAND
from core.runs.computers import known_computers, names_of, trained_by, words_of
from core.runs.database import without_password
from core.runs.lab import Lab
from core.runs.obstacles import require_folder

KEPT = ("place", "devices", "there", "since", "heard")  # of a computer, as `--json` prints it


def add_to(command: Command) -> None:
    about = _("Take runs from the queue, one at a time on each device, until it is told to stop.")
    command("worker", about, worker)
    about = _("List the computers that take runs from the queue, and what each of them trains.")
    command("computers", about, computers)


def worker(options: Namespace) -> None:
    """Until a signal ends it: SIGTERM, or Ctrl-C."""
    from core.runs.attended import Attended

    lab = Lab.open()
    require_folder(lab.workspace)

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


def computers(options: Namespace) -> None:
    lab = Lab.open()
    found = known_computers(lab.store)
    running = lab.runs(states=["running"]) if found else []
    if options.json:
        for one in found:
            trains = [run.id for run in trained_by(one, running)]
            emit({"computer": one.name, **{name: getattr(one, name) for name in KEPT}, "trains": trains})
    elif found:
        names = names_of(found)
        table([[names[one.place], " · ".join(words_of(one, running))] for one in found])
    elif lab.store.shared:
        line(_("No computer takes runs now. On one that shall: {command} worker", command=COMMAND))
    else:
        line(_("The runs of this computer are in a file of its own, so no other one takes them."))
