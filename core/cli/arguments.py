"""What commands are made of: arguments that several of them have, and how they are read."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Any, get_args

from core.datasets.folder_layout import FolderLayout
from core.errors import BadInput
from core.locale import _
from core.program import COMMAND
from core.runs.lab import Lab
from core.runs.store import Run
from core.sanitize import one_line
from core.settings.numbers import typed_whole

Command = Callable[[str, str, Any], ArgumentParser]  # (name, help, the function that does it) → its parser

MAX_ARGPARSE_CHARS = 300  # characters of what argparse says, which repeats what was typed


def whole_number(option: str) -> Callable[[str], int]:
    """What reads the value of an option that takes a whole number."""

    def read(text: str) -> int:
        value = typed_whole(text)
        if isinstance(value, str):
            shown = one_line(text, MAX_ARGPARSE_CHARS)
            raise BadInput("{option} is {value:name}; allowed: a whole number", option=option, value=shown)
        return value

    return read


def run_argument(sub: ArgumentParser) -> None:
    sub.add_argument("run", metavar=_("RUN"), help=_("an id, an unambiguous start of one, or a name"))


def runs_argument(sub: ArgumentParser) -> None:
    sub.add_argument("runs", metavar=_("RUN"), nargs="+", help=_("an id, an unambiguous start of one, or a name"))


def different_runs(named: Sequence[str], lab: Lab) -> list[Run]:
    """The runs that are named, in their order. `BadInput` where two of the names are one run's: then another one was
    meant, or one column says nothing."""
    found = list(map(lab.find, named))
    for place, run in enumerate(found):
        if run.id in {other.id for other in found[:place]}:
            raise BadInput("{name:name} ({id}) is named twice. Name each run once.", name=run.name, id=run.id)
    return found


def config_arguments(sub: ArgumentParser, *, named: bool = True, required: bool = True) -> None:
    source = sub.add_mutually_exclusive_group(required=required)
    source.add_argument(
        "--recipe", metavar=_("NAME"), help=_("start from a recipe (see: {command} recipes)", command=COMMAND)
    )
    source.add_argument("--config", metavar=_("FILE"), help=_("start from settings in a JSON, TOML or YAML file"))
    set_argument(sub)
    if named:
        name_argument(sub)


def set_argument(sub: ArgumentParser) -> None:
    sub.add_argument(
        "--set", dest="changes", metavar=_("PATH=VALUE"), action="append", default=[],
        help=_("change one setting, for instance optimizer.lr=0.01; may be given again"),
    )  # fmt: skip


def name_argument(sub: ArgumentParser) -> None:
    sub.add_argument("--name", metavar=_("NAME"), default="", help=_("what the run is called"))


def which_argument(sub: ArgumentParser) -> None:
    sub.add_argument("--checkpoint", choices=("last", "best"), default="last", help=_("which weights (default: last)"))


def as_prepared_argument(sub: ArgumentParser) -> None:
    sub.add_argument(
        "--as-prepared", action="store_true",
        help=_("use the images as they were prepared, even where the folder has changed since"),
    )  # fmt: skip


def layout_argument(sub: ArgumentParser, words: str) -> None:
    sub.add_argument("--layout", choices=get_args(FolderLayout), default="auto", help=words)
    sub.add_argument(
        "--columns", metavar=_("NAMES"), default="",
        help=_("of a table or of Parquet: the columns of image, label and, where there is one, split, separated by "
               "commas"),
    )  # fmt: skip


def version_argument(sub: ArgumentParser, words: str = "") -> None:
    words = words or _("a version that was saved from edits; without it, the set as it came")
    sub.add_argument("--version", metavar=_("NAME"), default="", help=words)


def images_arguments(sub: ArgumentParser) -> None:
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
    progress_argument(sub)


def progress_argument(sub: ArgumentParser) -> None:
    sub.add_argument(
        "--progress", action="store_true", help=_("with --json, print how far it is, too: one JSON object a line")
    )


def picture_arguments(sub: ArgumentParser) -> None:
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
