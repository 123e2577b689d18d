"""What leaves the workspace and comes into it, in processes of their own, which a page starts, watches and cancels: the
command line's `pack`, `unpack` and `export-data`. Imports no torch."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.datasets.source import DataSource
from core.errors import Unwritable, reason
from core.files import background_command
from core.files.paths import Workspace
from core.insight.background_job import LOG_TAIL_BYTES, Jobs
from core.locale import N_
from core.prepared.arrays import Meta
from core.sanitize import folder_name

FOLDER = "packs"  # in `exports` of the workspace


@dataclass(frozen=True)
class PackJob:
    """Which runs are packed, all that can be where none is named; one at a time. `epochs`: with the checkpoints of
    single epochs."""

    runs: Sequence[str]
    data: bool
    workspace: Workspace
    epochs: bool = True

    @property
    def file(self) -> Path:
        return self.workspace.exports / FOLDER / "runs.zip"

    @property
    def log(self) -> Path:
        return self.workspace.exports / FOLDER / "pack.log"

    @property
    def arguments(self) -> list[str]:
        chosen = [*(["--data"] if self.data else []), *([] if self.epochs else ["--without-epochs"])]
        return ["pack", *self.runs, "--to", str(self.file), *chosen, "--json", "--progress"]


@dataclass(frozen=True)
class UnpackJob:
    """Which file is unpacked; one at a time."""

    file: Path
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.exports / FOLDER / "unpack.log"

    @property
    def arguments(self) -> list[str]:
        return ["unpack", str(self.file), "--json", "--progress"]


@dataclass(frozen=True)
class DataExportJob:
    """Which prepared images become class folders in a ZIP; one at a time of each set."""

    meta: Meta
    workspace: Workspace

    @property
    def file(self) -> Path:
        """Other images of the same set have another fingerprint."""
        return self.workspace.exports / DataSource.of(self.meta).key / f"{self.meta.fingerprint}.zip"

    @property
    def log(self) -> Path:
        return self.file.with_name("export.log")

    @property
    def arguments(self) -> list[str]:
        source = DataSource.of(self.meta)
        name = source.path if source.path else source.name
        return ["export-data", name, *source.options, "--as-prepared", "--to", str(self.file), "--json", "--progress"]


pack_jobs = Jobs(
    N_("Packing could not be started ({strerror}): check the space and the permissions of {home}, then try again."),
    N_("Packing stopped unexpectedly; see {log}, or try again."),
)
unpack_jobs = Jobs(
    N_("Unpacking could not be started ({strerror}): check the space and the permissions of {home}, then try again."),
    N_("Unpacking stopped unexpectedly; see {log}, or try again."),
)
data_export_jobs = Jobs(
    N_("The export could not be started ({strerror}): check the space and the permissions of {home}, then try again."),
    N_("The export stopped unexpectedly; see {log}, or try again."),
)


def keep_upload(filename: str, stream: IO[bytes], workspace: Workspace) -> Path:
    """Keep a file that came in through the browser until it is unpacked. `Unwritable` when the disk refuses."""
    forget_upload(workspace)
    path = uploads(workspace) / (folder_name(filename) or "runs.zip")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
    except OSError as error:
        forget_upload(workspace)
        raise Unwritable("{file:name} could not be saved in {folder} ({reason}). Free some space, then try again.",
                         file=path.name, folder=path.parent, reason=reason(error)) from error  # fmt: skip
    return path


def forget_upload(workspace: Workspace) -> None:
    shutil.rmtree(uploads(workspace), ignore_errors=True)


def uploads(workspace: Workspace) -> Path:
    return workspace.exports / FOLDER / "arrived"


def result(job: PackJob | UnpackJob) -> dict[str, Any]:
    """What the command said at its end; empty where it has not."""
    reports, _words = background_command.read(job.log, LOG_TAIL_BYTES)
    return reports[-1] if reports and "told" in reports[-1] else {}
