"""The command line: `python -m core …`, over the same core as the pages.

Exit status: 0 done, 1 the run or the work failed, 2 bad input. An error is one plain sentence on standard error.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, get_args

from core import __version__, translations
from core.cli import (
    answers,
    comparison,
    data,
    data_edits,
    explaining,
    forking,
    mapping,
    packing,
    report,
    runs,
    script,
    serving,
    suspects,
    tracking,
    training,
)
from core.cli.arguments import MAX_ARGPARSE_CHARS, whole_number
from core.cli.output import line
from core.datasets.folder_layout import FolderLayout
from core.errors import BadInput, Problem, reason
from core.exporters import EXPORTERS
from core.insight.attribution import ATTRIBUTIONS
from core.insight.disturbances import DISTURBANCES
from core.insight.image_map import BY, METHODS
from core.insight.suspects import KINDS
from core.locale import _
from core.program import COMMAND, INSTALLED
from core.sanitize import one_line
from core.script.forms import FORMS
from core.settings import reader, registry
from core.settings.environment import Environment
from core.training.settings import ForkSchedule

MAX_ERROR_CHARS = 10_000  # and of any error; a path alone may have 4,096
SHOWS_EXTENSIONS = ("datasets", "recipes", "runs", "train", "submit")  # commands that say which of them cannot be used


class HelpFormatter(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, _("usage: ") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """argparse that reports a mistake in one sentence, with its own words in the reader's language."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, add_help=False, formatter_class=HelpFormatter)
        self._positionals.title, self._optionals.title = _("positional arguments"), _("options")
        self.add_argument("-h", "--help", action="help", help=_("show this help message and exit"))

    def error(self, message: str) -> NoReturn:
        raise BadInput("{message}. See: {prog} --help", message=one_line(message, MAX_ARGPARSE_CHARS), prog=self.prog)


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments; each names the function that does it."""
    about = _("Epochlab: train image classifiers, look at them, compare them.")
    if INSTALLED:
        about += " " + _("Without a command it opens the app in the browser.")
    top = Parser(prog=COMMAND, description=about)
    version = f"epochlab {__version__}"
    top.add_argument("--version", action="version", version=version, help=_("show program's version number and exit"))
    subs = top.add_subparsers(dest="command", required=True, metavar=_("COMMAND"), parser_class=Parser)

    def command(name: str, help: str, does: Any) -> argparse.ArgumentParser:
        sub = subs.add_parser(name, help=help, description=help)
        sub.add_argument("--json", action="store_true", help=_("print one JSON object a line"))
        sub.set_defaults(does=does)
        return sub

    def run_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("run", metavar=_("RUN"), help=_("an id, an unambiguous start of one, or a name"))

    def config_arguments(sub: argparse.ArgumentParser, *, named: bool = True, required: bool = True) -> None:
        source = sub.add_mutually_exclusive_group(required=required)
        source.add_argument(
            "--recipe", metavar=_("NAME"), help=_("start from a recipe (see: {command} recipes)", command=COMMAND)
        )
        source.add_argument("--config", metavar=_("FILE"), help=_("start from settings in a JSON, TOML or YAML file"))
        set_argument(sub)
        if named:
            name_argument(sub)

    def set_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--set", dest="changes", metavar=_("PATH=VALUE"), action="append", default=[],
            help=_("change one setting, for instance optimizer.lr=0.01; may be given again"),
        )  # fmt: skip

    def name_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--name", metavar=_("NAME"), default="", help=_("what the run is called"))

    def fork_arguments(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--schedule", choices=get_args(ForkSchedule), default="rule",
            help=_("the learning rate from there on: as the schedule has it at that epoch of the whole run (rule, the "
                   "default), the last one (hold), or the schedule anew over the epochs that are left (restart)"),
        )  # fmt: skip
        name_argument(sub)

    def which_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--checkpoint", choices=("last", "best"), default="last", help=_("which weights (default: last)")
        )

    def as_prepared_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--as-prepared", action="store_true",
            help=_("use the images as they were prepared, even where the folder has changed since"),
        )  # fmt: skip

    def layout_argument(sub: argparse.ArgumentParser, words: str) -> None:
        sub.add_argument("--layout", choices=get_args(FolderLayout), default="auto", help=words)
        sub.add_argument(
            "--columns", metavar=_("NAMES"), default="",
            help=_("of a table or of Parquet: the columns of image, label and, where there is one, split, separated by "
                   "commas"),
        )  # fmt: skip

    def version_argument(sub: argparse.ArgumentParser, words: str = "") -> None:
        words = words or _("a version that was saved from edits; without it, the set as it came")
        sub.add_argument("--version", metavar=_("NAME"), default="", help=words)

    def images_arguments(sub: argparse.ArgumentParser) -> None:
        images = sub.add_mutually_exclusive_group()
        images.add_argument("--split", choices=("train", "val", "test"), default="test", help=_("default: test"))
        images.add_argument(
            "--data", metavar=_("DATASET"),
            help=_("all images of another data set, or of a folder or ZIP of class folders; classes are matched by "
                   "name"),
        )  # fmt: skip
        layout_argument(sub, _("how --data is read, as for prepare"))
        as_prepared_argument(sub)
        version_argument(sub, _("the version of --data"))
        sub.add_argument(
            "--progress", action="store_true", help=_("with --json, print how far it is, too: one JSON object a line")
        )

    def picture_arguments(sub: argparse.ArgumentParser) -> None:
        kind = sub.add_mutually_exclusive_group()
        kind.add_argument("--drawing", action="store_true", help=_("the files are drawings or scans of one sign each"))
        kind.add_argument(
            "--image", action="store_true",
            help=_("the files are no drawings; without either, a model of drawings takes files of another size than "
                   "its training images for drawings"),
        )  # fmt: skip
        sub.add_argument(
            "--as-is", action="store_true",
            help=_("keep light and dark as they are where the ground is the opposite of the training images'"),
        )  # fmt: skip
        sub.add_argument(
            "--one-sign", action="store_true", help=_("what stands apart in a drawing is one sign, not several")
        )

    command("datasets", _("List the data sets."), data.datasets)
    command("recipes", _("List the recipes."), training.recipes)
    command("runs", _("List the runs, newest first."), runs.runs)
    prepare = command("prepare", _("Prepare a data set: find or download it, check it, decode it once."), data.prepare)
    prepare.add_argument(
        "dataset", metavar=_("DATASET"), help=_("a name, or 'folder' with --path, or a folder or ZIP itself")
    )
    prepare.add_argument("--path", metavar=_("PATH"), help=_("the image folder or ZIP, for DATASET 'folder'"))
    layout_argument(
        prepare,
        _("which of its folders are splits and classes: by their names (auto), the outer or the inner folders are the "
          "classes, or all outer folders are classes and none is a split"),
    )  # fmt: skip
    version_argument(prepare)
    edits = command(
        "edits", _("List, take over, write or save the edits of a data set's images; delete a version of them."),
        data_edits.edits,
    )  # fmt: skip
    edits.add_argument("dataset", metavar=_("DATASET"), help=_("a name (see: {command} datasets), or the path of an "
                                                               "image folder or ZIP", command=COMMAND))  # fmt: skip
    layout_argument(edits, _("how it is read, as for prepare"))
    edits.add_argument("--import", dest="take_over", metavar=_("FILE"), help=_("add the edits of a CSV file"))
    edits.add_argument("--export", metavar=_("FILE"), help=_("write the edits as a CSV file"))
    edits.add_argument("--save", metavar=_("NAME"), help=_("save the edits as a version of this name"))
    edits.add_argument("--delete", metavar=_("NAME"), help=_("delete the saved version of this name"))
    edits.add_argument("--yes", action="store_true", help=_("do not ask"))
    version_argument(edits, _("list or write the edits of this saved version instead"))
    export_data = command("export-data", _("Write a data set as class folders in a ZIP."), data_edits.export_data)
    export_data.add_argument(
        "dataset", metavar=_("DATASET"), help=_("a name, or the path of an image folder or ZIP")
    )  # fmt: skip
    layout_argument(export_data, _("how it is read, as for prepare"))
    export_data.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=".zip"))
    version_argument(export_data)
    odd = command("suspects", _("Find the images of a data set that deserve a look."), suspects.suspects)
    odd.add_argument(
        "dataset", metavar=_("DATASET"), help=_("a name, or 'folder' with --path, or a folder or ZIP itself")
    )
    odd.add_argument("--path", metavar=_("PATH"), help=_("the image folder or ZIP, for DATASET 'folder'"))
    layout_argument(odd, _("how it is read, as for prepare"))
    as_prepared_argument(odd)
    version_argument(odd)
    odd.add_argument(
        "--kind", choices=KINDS, default="labels",
        help=_("labels that look wrong (the default), near copies, or images that are blurred, dark, tiny or otherwise "
               "odd"),
    )  # fmt: skip
    odd.add_argument(
        "--run", metavar=_("RUN"),
        help=_("compare images by what this run has learned; without it, photographs by what ImageNet taught, small "
               "grey images by their pixels"),
    )  # fmt: skip
    odd.add_argument("--split", choices=("train", "val", "test"), help=_("only these images"))
    odd.add_argument(
        "--most", metavar="N", type=whole_number("--most"), default=20, help=_("how many are listed (default: 20)")
    )
    odd.add_argument(
        "--progress", action="store_true", help=_("with --json, print how far it is, too: one JSON object a line")
    )
    forget = command("forget", _("Remove an image folder or ZIP that was imported."), data.forget)
    forget.add_argument("dataset", metavar=_("DATASET"), help=_("its path or its name (see: {command} datasets)",
                                                                command=COMMAND))  # fmt: skip
    forget.add_argument("--layout", choices=get_args(FolderLayout), help=_("where one path was read in several ways"))
    forget.add_argument("--yes", action="store_true", help=_("do not ask"))
    config_arguments(command("train", _("Train a run here and now, with a progress bar."), training.train))
    config_arguments(command("submit", _("Queue a run for a worker in the background."), training.submit))
    find_lr = command(
        "find-lr", _("Try rising learning rates on a copy of the model, and suggest one."), training.find_lr
    )
    config_arguments(find_lr, named=False)
    as_prepared_argument(find_lr)
    estimate = command(
        "estimate", _("Time a few steps, and say how long a run takes and how much memory."), training.estimate
    )
    config_arguments(estimate, named=False)
    as_prepared_argument(estimate)
    run_argument(command("show", _("Show a run: settings, state, epochs, summary."), runs.show))
    run_argument(command("pause", _("Save a run and set it aside."), runs.pause))
    run_argument(command("resume", _("Go on with an unfinished run from its last checkpoint."), runs.resume))
    run_argument(command("cancel", _("End a run where it is; it can be resumed."), runs.cancel))
    delete = command("delete", _("Delete a run: its row, numbers, checkpoints and log."), runs.delete)
    run_argument(delete)
    delete.add_argument("--yes", action="store_true", help=_("do not ask"))
    predict = command("predict", _("Let a run answer images."), answers.predict)
    run_argument(predict)
    predict.add_argument("files", metavar=_("FILE"), nargs="+", help=_("an image; with --to also a folder of them"))
    predict.add_argument("--to", metavar=_("FILE"), help=_("a table of all answers; ends in {endings}", endings=".csv"))
    picture_arguments(predict)
    which_argument(predict)
    explain = command(
        "explain", _("Write a picture of what a run looks at: which pixels of an image speak for a class."),
        explaining.explain,
    )  # fmt: skip
    run_argument(explain)
    explain.add_argument("file", metavar=_("FILE"), help=_("an image"))
    explain.add_argument(
        "--method", metavar=_("NAME"), default="grad-cam",
        help=_("one of {names} (default: grad-cam)", names=", ".join(ATTRIBUTIONS.entries)),
    )  # fmt: skip
    explain.add_argument(
        "--class", dest="of_class", metavar=_("NAME"), help=_("the class to explain (default: the likeliest one)")
    )
    explain.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=".png"))
    explain.add_argument(
        "--random-weights", action="store_true",
        help=_("beside it the map of the same network with random weights, and how alike the two are"),
    )  # fmt: skip
    explain.add_argument(
        "--set", dest="changes", metavar=_("NAME=VALUE"), action="append", default=[],
        help=_("change a setting of the method, for instance window=0.1; may be given again"),
    )  # fmt: skip
    picture_arguments(explain)
    which_argument(explain)
    evaluate = command("evaluate", _("Measure a run on a split."), answers.evaluate)
    run_argument(evaluate)
    images_arguments(evaluate)
    evaluate.add_argument(
        "--features", action="store_true",
        help=_("keep with the run what the last layer sees of each image, too, as the map and the nearest images on "
               "Inspect need it"),
    )  # fmt: skip
    evaluate.add_argument(
        "--under", choices=list(DISTURBANCES),
        help=_("instead: the accuracy when the images are disturbed so, at several strengths"),
    )  # fmt: skip
    which_argument(evaluate)
    on_map = command(
        "map", _("Lay the images of a part out on a plane: those that are alike lie near one another."),
        mapping.image_map,
    )  # fmt: skip
    run_argument(on_map)
    images_arguments(on_map)
    on_map.add_argument(
        "--by", choices=BY, default="features",
        help=_("by what the last layer sees of them (features, the default), or by their pixels"),
    )  # fmt: skip
    on_map.add_argument(
        "--method", choices=METHODS, default="pca",
        help=_("principal components (pca, the default), or t-SNE, which takes about a minute for 10,000 images"),
    )  # fmt: skip
    on_map.add_argument("--to", metavar=_("FILE"), help=_("ends in {endings}", endings=".csv"))
    which_argument(on_map)
    compare = command(
        "compare", _("Compare runs on the same images: the first with each of the others."), comparison.compare
    )
    compare.add_argument("runs", metavar=_("RUN"), nargs="+", help=_("an id, an unambiguous start of one, or a name"))
    compare.add_argument("--split", choices=("train", "val", "test"), default="test", help=_("default: test"))
    which_argument(compare)
    repeat = command("repeat", _("Queue runs with the same settings and other seeds."), comparison.repeat)
    run_argument(repeat)
    repeat.add_argument(
        "--seeds", metavar="N", type=whole_number("--seeds"), default=2, help=_("how many more (default: 2)")
    )
    longer = command("continue", _("Queue a run that trains a finished one longer."), forking.longer)
    run_argument(longer)
    longer.add_argument(
        "--epochs", metavar="N", type=whole_number("--epochs"), required=True, help=_("all epochs, those done included")
    )
    fork_arguments(longer)
    fork = command("fork", _("Queue a run that goes on from an epoch of another, otherwise set."), forking.fork)
    run_argument(fork)
    fork.add_argument(
        "--epoch", metavar="K", type=whole_number("--epoch"), required=True, help=_("go on from the end of this epoch")
    )
    set_argument(fork)
    fork_arguments(fork)
    export = command("export", _("Write a run's weights to a file, and its RunConfig beside it."), answers.export)
    run_argument(export)
    export.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=endings()))
    which_argument(export)
    served = command("serve", _("Let a run answer images over HTTP, for other programs."), serving.serve)
    run_argument(served)
    serving.add_arguments(served)
    which_argument(served)
    told = command("report", _("Write a report on one run, or on several beside each other, as one HTML file."),
                   report.report)  # fmt: skip
    told.add_argument("runs", metavar=_("RUN"), nargs="+", help=_("an id, an unambiguous start of one, or a name"))
    told.add_argument("--to", required=True, metavar=_("FILE"), help=_("ends in {endings}", endings=report.ENDINGS[0]))
    written = command("script", _("Write a run, or settings, as a script of plain PyTorch."), script.script)
    written.add_argument("run", metavar=_("RUN"), nargs="?", help=_("an id, an unambiguous start of one, or a name"))
    config_arguments(written, named=False, required=False)
    written.add_argument(
        "--exact", action="store_true",
        help=_("a longer script that gives the run's own numbers, epoch by epoch, on this computer"),
    )  # fmt: skip
    written.add_argument(
        "--to", metavar=_("FILE"),
        help=_("ends in {endings}; without it, the script is printed", endings=_(" or ").join(FORMS)),
    )  # fmt: skip
    packing.add_to(command)
    tracking.add_arguments(command("track", _("Write runs for TensorBoard, MLflow or W&B."), tracking.track))
    return top


def endings() -> str:
    """What a file that is exported may end in."""
    return _(" or ").join(spec.endings[0] for spec in EXPORTERS.entries.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names that are not valid text are written as JSON writes them
        sys.stdout.reconfigure(errors="backslashreplace")
    before = translations.current()
    try:
        if told := reader.begin():
            line(told, sys.stderr)
        options = parser().parse_args(arguments)
        if options.command in SHOWS_EXTENSIONS:
            for problem in registry.problems():
                line(problem, sys.stderr)
        status: int = options.does(options) or 0
        return status
    except Problem as problem:
        line(one_line(str(problem), MAX_ERROR_CHARS), sys.stderr)
        return problem.status
    except KeyboardInterrupt:
        line(_("Stopped."), sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of the output wants no more
        return 0
    except Exception as error:
        if Environment.read().debug:
            raise
        words = _(
            "An unexpected error occurred: {reason}. Set EPOCHLAB_DEBUG=1 and try again to see where.",
            reason=reason(error),
        )
        line(words, sys.stderr)
        return 1
    finally:
        translations.set_process_language(before)
