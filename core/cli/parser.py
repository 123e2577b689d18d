"""The command line: `python -m core …`, over the same core as the pages.

Exit status: 0 done, 1 the run or the work failed, 2 bad input. An error is one plain sentence on standard error.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

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
    working,
)
from core.cli.arguments import MAX_ARGPARSE_CHARS
from core.cli.output import line
from core.errors import BadInput, Problem, reason
from core.locale import _
from core.program import COMMAND, INSTALLED
from core.sanitize import one_line
from core.settings import reader, registry
from core.settings.environment import Environment

# In the order in which --help names what they do.
COMMANDS = (data, data_edits, suspects, training, runs, answers, explaining, mapping, comparison, forking, serving,
            report, script, packing, tracking, working)  # fmt: skip
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

    for module in COMMANDS:
        module.add_to(command)
    return top


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
        if lacks_memory(error):
            line(_("There is not enough memory for this on this computer. Choose a smaller model, smaller images or a "
                   "smaller batch size."), sys.stderr)  # fmt: skip
            return 1
        words = _(
            "An unexpected error occurred: {reason}. Set EPOCHLAB_DEBUG=1 and try again to see where.",
            reason=reason(error),
        )
        line(words, sys.stderr)
        return 1
    finally:
        translations.set_process_language(before)


def lacks_memory(error: Exception) -> bool:
    """Whether there was not enough memory, as Python or torch says it."""
    if "torch" not in sys.modules:
        return isinstance(error, MemoryError)
    from core.training.device import out_of_memory

    return out_of_memory(error)
