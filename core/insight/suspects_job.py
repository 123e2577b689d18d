"""The search for suspects in a process of its own, which a page starts, watches and cancels: the command line's
`suspects`. What it finds is read with `Suspects.open`."""

from dataclasses import dataclass
from pathlib import Path

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.insight.background_job import Jobs
from core.insight.suspects import Kind
from core.locale import N_
from core.prepared.cache_entry import CacheEntry
from core.runs.store import Run


@dataclass(frozen=True)
class SuspectsJob:
    """What is searched for, in which set, and by what the images are compared."""

    source: DataSource
    kind: Kind
    run: Run | None
    workspace: Workspace

    @property
    def log(self) -> Path:
        by = f"-{self.run.id}" if self.run else ""
        return CacheEntry(self.source, self.workspace).folder / f"suspects-{self.kind}{by}.log"

    @property
    def arguments(self) -> list[str]:
        source = self.source
        place = ["--path", str(source.place)] if source.is_folder else []
        run = ["--run", self.run.id] if self.run else []
        return ["suspects", source.name, *place, *source.options, "--as-prepared", "--kind", self.kind, *run,
                "--most", "0", "--json", "--progress"]  # fmt: skip


jobs = Jobs(
    N_("The search could not be started ({strerror}): check the space and the permissions of {home}, then try again."),
    N_("The search stopped unexpectedly; see {log}, or try again."),
)
start, status, cancel = jobs.start, jobs.status, jobs.cancel
