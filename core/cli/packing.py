"""`pack` and `unpack`."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from core.cli.arguments import Command, progress_argument
from core.cli.data import with_progress
from core.cli.output import emit, line
from core.errors import wrong_ending
from core.files.paths import pasted
from core.files.writable import check_writable
from core.locale import _, ngettext
from core.packing.jobs import FOLDER
from core.runs.lab import Lab

ENDING = ".zip"


def add_to(command: Command) -> None:
    packed = command("pack", _("Write runs, with all that belongs to them, as one file for another computer."), pack)
    packed.add_argument(
        "runs", metavar=_("RUN"), nargs="*", help=_("an id, a start of one, or a name; without any, all runs")
    )
    packed.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=ENDING))
    packed.add_argument("--data", action="store_true", help=_("the images of imported data sets, too"))
    packed.add_argument(
        "--without-epochs", action="store_true",
        help=_("leave out the checkpoints of single epochs, which only forking needs: a smaller file"),
    )  # fmt: skip
    opened = command("unpack", _("Bring the runs of such a file into this workspace."), unpack)
    opened.add_argument("file", metavar=_("FILE"), help=_("what pack has written"))
    for one in (packed, opened):
        progress_argument(one)


def pack(options: Namespace) -> None:
    from core.packing import pack as packing  # imports torch

    path = Path(pasted(options.to))
    if path.suffix.lower() != ENDING:
        raise wrong_ending(path.name, path.suffix, [ENDING])
    lab = Lab.open()
    if path.parent != lab.workspace.exports / FOLDER:  # a page's, which is made
        check_writable(path)
    runs = [lab.find(text) for text in dict.fromkeys(options.runs)] if options.runs else lab.runs()
    found, without = packing.packable(runs, chosen=bool(options.runs))
    replaced = path.is_file()
    writing = packing.pack(found, lab, path, without, data=options.data, epochs=not options.without_epochs)
    manifest = with_progress(writing, options)
    size = path.stat().st_size
    if options.json:
        emit({"file": str(path), "bytes": size, "runs": [run.id for run in manifest.runs],
              "left_out": manifest.left_out, "told": manifest.without, "replaced": replaced})  # fmt: skip
        return
    for words in [*manifest.left_out, *manifest.without]:
        line(words)
    line(ngettext("{n:count} run is in {file}, {size:size}", "{n:count} runs are in {file}, {size:size}",
                  len(manifest.runs), file=path, size=size))  # fmt: skip
    if replaced:
        line(_("The file that was there is replaced."))


def unpack(options: Namespace) -> None:
    from core.packing import unpack as unpacking  # imports torch

    done = with_progress(unpacking.unpack(Path(pasted(options.file)), Lab.open()), options)
    if options.json:
        emit(asdict(done))
        return
    for words in [*done.left_out, *done.told]:
        line(words)
    for old, new in done.runs.items():
        if old != new:
            line(_("{old} is another run here: the one from the file is {new}", old=old, new=new))
    if done.here:
        line(ngettext("{n:count} run was here already", "{n:count} runs were here already", len(done.here)))
    line(ngettext("{n:count} run is new here", "{n:count} runs are new here", len(done.runs)))
