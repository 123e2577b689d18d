"""Work on a trained run in a process of its own, which a page starts, watches and cancels. It imports no torch: the
process is the command line, and what it makes is found where it is kept, as by `predictions.find`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.insight import background_job
from core.insight.background_job import Jobs, JobStatus
from core.insight.image_map import By
from core.insight.other_data import part_of
from core.insight.predictions import FOLDER
from core.locale import N_
from core.runs.store import Run

_jobs = Jobs(
    N_("The work could not be started ({strerror}): check the space and the permissions of {home}, then try again."),
    N_("The work stopped unexpectedly; see {log}, or try again."),
)


class Job(background_job.Job, Protocol):
    """A command about a run."""

    @property
    def run(self) -> Run: ...


@dataclass(frozen=True)
class EvaluationJob:
    """One checkpoint of a run, and the images to show it: a split, or another prepared set."""

    run: Run
    asked: str | DataSource
    which: str
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.run(self.run.id) / FOLDER / f"{self.which}.{part_name(self.asked)}.log"

    @property
    def arguments(self) -> list[str]:
        images = images_asked(self.asked)
        return ["evaluate", self.run.id, *images, "--checkpoint", self.which, "--features", "--json", "--progress"]


def part_name(asked: str | DataSource) -> str:
    """What the part is called in the names of files."""
    return asked if isinstance(asked, str) else part_of(asked)


def images_asked(asked: str | DataSource) -> list[str]:
    """The options of a command that ask for these images."""
    if isinstance(asked, str):
        return ["--split", asked]
    return ["--data", str(asked.place) if asked.is_folder else asked.name, *asked.options, "--as-prepared"]


@dataclass(frozen=True)
class MapJob:
    """The t-SNE map of a part of which the answers are kept."""

    run: Run
    asked: str | DataSource
    which: str
    by: By
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.run(self.run.id) / FOLDER / f"{self.which}.{part_name(self.asked)}.{self.by}.map.log"

    @property
    def arguments(self) -> list[str]:
        how = ["--by", self.by, "--method", "tsne", "--checkpoint", self.which, "--json", "--progress"]
        return ["map", self.run.id, *images_asked(self.asked), *how]


@dataclass(frozen=True)
class DisturbedJob:
    """The accuracy on disturbed images of a part."""

    run: Run
    asked: str | DataSource
    which: str
    kind: str  # of disturbance
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.run(self.run.id) / FOLDER / f"{self.which}.{part_name(self.asked)}.{self.kind}.log"

    @property
    def arguments(self) -> list[str]:
        how = ["--under", self.kind, "--checkpoint", self.which, "--json", "--progress"]
        return ["evaluate", self.run.id, *images_asked(self.asked), *how]


def start(job: Job) -> bool:
    """Begin, unless it is at work already. There is one at a time: False where another one is at work."""
    if _jobs.others_at_work(job):
        return False
    _jobs.start(job)
    return True


def status(job: Job) -> JobStatus:
    """Cheap enough to be read several times a second."""
    return _jobs.status(job)


def cancel(job: Job) -> None:
    """End it; what was kept before stays."""
    _jobs.cancel(job)
