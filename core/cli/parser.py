"""The command line: `python -m core …`, over the same core as the pages.

Exit status: 0 done, 1 the run or the work failed, 2 bad input. An error is one plain sentence on standard error.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from core import __version__
from core.cli import answers, data, runs, training
from core.cli.output import line
from core.errors import BadInput, Problem, reason
from core.exporters import EXPORTERS
from core.program import COMMAND, INSTALLED
from core.sanitize import one_line
from core.settings import registry
from core.settings.environment import Environment

MAX_ARGPARSE_CHARS = 300  # characters of what argparse says, which repeats what was typed
MAX_ERROR_CHARS = 10_000  # and of any error; a path alone may have 4,096
SHOWS_EXTENSIONS = ("datasets", "recipes", "runs", "train", "submit")  # commands that say which of them cannot be used


class Parser(argparse.ArgumentParser):
    """argparse that answers a mistake with one sentence."""

    def error(self, message: str) -> NoReturn:
        raise BadInput("{message}. See: {prog} --help", message=one_line(message, MAX_ARGPARSE_CHARS), prog=self.prog)


def parser() -> argparse.ArgumentParser:
    """Every command with its arguments; each names the function that does it."""
    alone = " Without a command it opens the app in the browser." if INSTALLED else ""
    about = f"Epochlab: train image classifiers, look at them, compare them.{alone}"
    top = Parser(prog=COMMAND, description=about)
    top.add_argument("--version", action="version", version=f"epochlab {__version__}")
    subs = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, help: str, does: Any) -> argparse.ArgumentParser:
        sub = subs.add_parser(name, help=help, description=help)
        sub.add_argument("--json", action="store_true", help="print one JSON object a line")
        sub.set_defaults(does=does)
        return sub

    def run_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("run", metavar="RUN", help="an id, an unambiguous start of one, or a name")

    def config_arguments(sub: argparse.ArgumentParser) -> None:
        source = sub.add_mutually_exclusive_group(required=True)
        source.add_argument("--recipe", metavar="NAME", help=f"start from a recipe (see: {COMMAND} recipes)")
        source.add_argument("--config", metavar="FILE", help="start from settings in a JSON, TOML or YAML file")
        sub.add_argument(
            "--set", dest="changes", metavar="PATH=VALUE", action="append", default=[],
            help="change one setting, for instance optimizer.lr=0.01; may be given again",
        )  # fmt: skip
        sub.add_argument("--name", default="", help="what the run is called")

    def which_argument(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--checkpoint", choices=("last", "best"), default="last", help="which weights (default: last)")

    command("datasets", "List the data sets.", data.datasets)
    command("recipes", "List the recipes.", training.recipes)
    command("runs", "List the runs, newest first.", runs.runs)
    prepare = command("prepare", "Prepare a data set: find or download it, check it, decode it once.", data.prepare)
    prepare.add_argument(
        "dataset", metavar="DATASET", help="a name, or 'folder' with --path, or a folder or ZIP itself"
    )
    prepare.add_argument("--path", help="the image folder or ZIP, for DATASET 'folder'")
    config_arguments(command("train", "Train a run here and now, with a progress bar.", training.train))
    config_arguments(command("submit", "Queue a run for a worker in the background.", training.submit))
    run_argument(command("show", "Show a run: settings, state, epochs, summary.", runs.show))
    run_argument(command("pause", "Save a run and set it aside.", runs.pause))
    run_argument(command("resume", "Go on with an unfinished run from its last checkpoint.", runs.resume))
    run_argument(command("cancel", "Stop a run for good.", runs.cancel))
    delete = command("delete", "Delete a run: its row, numbers, checkpoints and log.", runs.delete)
    run_argument(delete)
    delete.add_argument("--yes", action="store_true", help="do not ask")
    predict = command("predict", "Let a run answer images.", answers.predict)
    run_argument(predict)
    predict.add_argument("files", metavar="FILE", nargs="+", help="an image")
    predict.add_argument("--drawing", action="store_true", help="the files are drawings or scans of one sign each")
    which_argument(predict)
    evaluate = command("evaluate", "Measure a run on a split.", answers.evaluate)
    run_argument(evaluate)
    evaluate.add_argument("--split", choices=("train", "val", "test"), default="test", help="default: test")
    which_argument(evaluate)
    export = command("export", "Write a run's weights to a file, and its RunConfig beside it.", answers.export)
    run_argument(export)
    export.add_argument("--to", required=True, metavar="FILE", help=f"ends in {endings()}")
    which_argument(export)
    return top


def endings() -> str:
    """What a file that is exported may end in."""
    return " or ".join(spec.endings[0] for spec in EXPORTERS.entries.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names that are no text are written as JSON writes them
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
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
        line("Stopped.", sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads has what they wanted
        return 0
    except Exception as error:
        if Environment.read().debug:
            raise
        line(
            f"Something went wrong that nobody foresaw: {reason(error)}. "
            "Set EPOCHLAB_DEBUG=1 and try again to see where.",
            sys.stderr,
        )
        return 1
