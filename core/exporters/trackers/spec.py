"""What a tracker is: a program that keeps and shows the numbers of runs. Reading an entry imports nothing of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import BadInput, reason
from core.exporters.measured import Answers, Point
from core.exporters.spec import Extra
from core.runs.store import Run


class Session(Protocol):
    """One run that is written. What an earlier session wrote of it in the same place is gone."""

    place: str  # where it is written
    look: str  # the command that shows it

    def add(self, points: Sequence[Point], answers: Sequence[Answers]) -> None:
        """Write what is new; it can be seen when this returns."""

    def close(self, run: Run) -> None:
        """Nothing more is written; `run` says how it ended, if it did."""


@dataclass(frozen=True)
class TrackerSpec:
    """One tracker."""

    name: str
    title: str
    help: str  # what one has there, in a sentence
    extra: Extra
    begin: Callable[[Run, str], Session]  # of a run, in a folder or what else `--to` names
    viewer: Extra | None = None  # what its own pages need beside that
    order: int = 100  # place among the others


def made_folder(to: str) -> Path:
    """The folder `to`, which is made if only it is missing: so a mistyped one above it is noticed."""
    folder = Path(to).absolute()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise BadInput(
            "there cannot be a folder {folder} ({reason}): choose another place", folder=folder, reason=reason(error)
        ) from error
    return folder
