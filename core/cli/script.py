"""`script`: a run, or settings, as plain PyTorch."""

from argparse import Namespace
from pathlib import Path

from core.cli.arguments import Command, config_arguments
from core.cli.output import emit, line, put, say_written
from core.cli.training import config_of, make_ready, require_startable
from core.datasets.source import DataSource
from core.errors import BadInput, wrong_ending
from core.files import atomic
from core.files.writable import check_writable
from core.locale import _
from core.prepared import prepare
from core.runs.lab import Lab
from core.script.forms import FORMS


def add_to(command: Command) -> None:
    sub = command("script", _("Write a run, or settings, as a script of plain PyTorch."), script)
    sub.add_argument("run", metavar=_("RUN"), nargs="?", help=_("an id, an unambiguous start of one, or a name"))
    config_arguments(sub, named=False, required=False)
    sub.add_argument(
        "--exact", action="store_true",
        help=_("a longer script that gives the run's own numbers, epoch by epoch, on this computer"),
    )  # fmt: skip
    sub.add_argument(
        "--to", metavar=_("FILE"),
        help=_("ends in {endings}; without it, the script is printed", endings=_(" or ").join(FORMS)),
    )  # fmt: skip


def script(options: Namespace) -> None:
    """Print the script, or write it to a file: as text, as a notebook, or in a ZIP with what it needs."""
    if (options.run is None) == (options.recipe is None and options.config is None):
        raise BadInput("name one thing to write down: a run, or --recipe or --config with settings")
    if options.run is not None and options.changes:
        raise BadInput("--set changes the settings of --recipe or --config; a run is written down as it was")
    path = Path(options.to) if options.to else None
    form = None
    if path:
        form = FORMS.get(path.suffix.lower())
        if form is None:
            raise wrong_ending(path.name, path.suffix, FORMS)
        check_writable(path)
    replaced = bool(path and path.is_file())
    from core.inference.known_style import known_style, style_of_data
    from core.runs.data_at_hand import data_of, data_of_run
    from core.script.exact import exact_script
    from core.script.plain import plain_script

    lab = Lab.open()
    run = lab.find(options.run) if options.run is not None else None
    config = run.config if run else config_of(options)[0]
    source = DataSource.of(config.data)
    prepared = data_of_run(run, lab.workspace) if run else data_of(source, lab.workspace)
    if options.exact or prepared is None:  # the order of the images is that of the prepared ones
        make_ready(config, lab, quiet=True, weights=False)
        prepared = prepare.require(source, lab.workspace)
    else:
        require_startable(config, prepared)
    if options.exact:
        written = exact_script(config, prepared)
    else:
        style = known_style(run, lab.workspace) if run else style_of_data(source, lab.workspace)
        written = plain_script(config, prepared, style)
    if path and form:
        atomic.write(form(written, path.name), path)
    if options.json:
        emit(
            {"file": str(path), "replaced": replaced}
            if path
            else {"script": written.text, "packages": written.packages}
        )
    elif path:
        say_written(path, replaced=replaced)
        if written.folder == "images":
            line(_("It reads its images from the folder “images” beside it. On a computer that has the data set, these "
                   "commands make it:"))  # fmt: skip
            for command in written.commands:
                line(command)
        elif written.folder:
            line(_("It reads its images from {folder}. On another computer, name a copy of that folder: {command}",
                   folder=written.folder, command="python train.py --data COPY"))  # fmt: skip
    else:
        put(written.text.rstrip("\n"))
