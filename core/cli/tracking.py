"""`track`: the numbers of runs for TensorBoard and its kin."""

import sys
from argparse import Namespace

from core.cli.arguments import Command, runs_argument
from core.cli.output import brief, emit, line
from core.exporters.measured import Feed
from core.exporters.track import track as write
from core.exporters.trackers import TRACKERS
from core.exporters.trackers.spec import Session
from core.locale import _
from core.runs.lab import Lab


def add_to(command: Command) -> None:
    sub = command("track", _("Write runs for TensorBoard, MLflow or W&B."), track)
    runs_argument(sub)
    sub.add_argument(
        "--with", dest="tracker", choices=list(TRACKERS.entries), default="tensorboard",
        help=_("for which program (default: tensorboard)"),
    )  # fmt: skip
    sub.add_argument("--to", required=True, metavar=_("FOLDER"), help=_("where it is written; for mlflow also a URI"))
    sub.add_argument("--follow", action="store_true", help=_("go on with what is new until the runs have ended"))


def track(options: Namespace) -> None:
    """Write the runs there; one that is there already is written anew."""
    lab = Lab.open()
    runs = {run.id: run for run in map(lab.find, options.runs)}

    shown = set[str]()

    def told(feed: Feed, session: Session) -> None:
        if feed.prepared is None:
            line(_("Without images: those of {name:name} are not prepared here.", name=feed.run.name), sys.stderr)
        if options.json:
            emit({**brief(feed.run), "with": options.tracker, "place": session.place, "look": session.look})
        else:
            words = _("{name:name} ({id}) is in {place}", name=feed.run.name, id=feed.run.id, place=session.place)
            line(words)
            if session.look not in shown:  # often one for all
                line(_("look at it with: {command}", command=session.look))
            shown.add(session.look)

    tracker = TRACKERS[options.tracker]
    write(list(runs.values()), lab, tracker, options.to, told, follow=options.follow)
    if tracker.viewer and (lacking := tracker.viewer.lacking(_("The page of {title}", title=tracker.title))):
        line(str(lacking), sys.stderr)
