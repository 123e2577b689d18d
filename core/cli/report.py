"""`report`: runs as one HTML file to read, print and hand on."""

from argparse import Namespace
from pathlib import Path

from core import formatting
from core.cli.arguments import Command, different_runs, runs_argument
from core.cli.output import emit, say_written
from core.errors import wrong_ending
from core.files import atomic
from core.files.writable import check_writable
from core.locale import _
from core.runs.lab import Lab

ENDINGS = (".html", ".htm")


def add_to(command: Command) -> None:
    sub = command("report", _("Write a report on one run, or on several beside each other, as one HTML file."),
                   report)  # fmt: skip
    runs_argument(sub)
    sub.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=ENDINGS[0]))


def report(options: Namespace) -> None:
    path = Path(options.to)
    if path.suffix.lower() not in ENDINGS:
        raise wrong_ending(path.name, path.suffix, ENDINGS)
    check_writable(path)
    replaced = path.is_file()
    lab = Lab.open()
    runs = different_runs(options.runs, lab)
    from core.report.report import report as report_on  # brings torch

    content = report_on(runs, lab)
    atomic.write(content, path)
    if options.json:
        emit({"file": str(path), "runs": [run.id for run in runs], "bytes": len(content),
              "replaced": replaced})  # fmt: skip
    else:
        say_written(f"{path} ({formatting.size(len(content))})", replaced=replaced)
