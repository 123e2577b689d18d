"""`report`: runs as one HTML file to read, print and hand on."""

from argparse import Namespace
from pathlib import Path

from core import formatting
from core.cli.output import emit, line
from core.errors import wrong_ending
from core.files import atomic
from core.files.writable import check_writable
from core.locale import _
from core.runs.lab import Lab

ENDINGS = (".html", ".htm")


def report(options: Namespace) -> None:
    path = Path(options.to)
    if path.suffix.lower() not in ENDINGS:
        raise wrong_ending(path.name, path.suffix, ENDINGS)
    check_writable(path)
    lab = Lab.open()
    runs = list({run.id: run for run in map(lab.find, options.runs)}.values())
    from core.report.report import report as report_on  # brings torch

    content = report_on(runs, lab)
    atomic.write(content, path)
    if options.json:
        emit({"file": str(path), "runs": [run.id for run in runs], "bytes": len(content)})
    else:
        line(_("written: {files}", files=f"{path} ({formatting.size(len(content))})"))
