"""Where things are kept on disk."""

import os
import platform
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from core.errors import BadInput
from core.sanitize import one_line
from core.settings.environment import Environment

QUOTES = {('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("«", "»")}  # around a pasted path
FILE = "sqlite:///"  # before the path of a database that is a file


@dataclass(frozen=True)
class Workspace:
    """The folders of one workspace. Nothing is created until it is written to.

    `home` holds `cache/` (prepared data), `uploads/`, `collections/`, `edits/` (of data sets), `exports/`, `watched/`,
    `trials/`, `runs/<id>/` (checkpoints, logs, locks) and `epochlab.db`; `data` is a torchvision-style root where data
    sets and weights are looked for and downloaded to. The folders of the runs are in `shared_runs`, where computers
    share them; all else, and all locks of workers, are of one computer.
    """

    home: Path
    data: Path
    database: str  # an SQLAlchemy URL
    shared_runs: Path | None = None

    @classmethod
    def from_environment(cls) -> "Workspace":
        """Read EPOCHLAB_HOME (default ./workspace), EPOCHLAB_DATA (default HOME/data), EPOCHLAB_RUNS and EPOCHLAB_DB.
        `BadInput` for a path that leads to no folder."""
        said = Environment.read("home", "data", "runs", "database")
        database = said.database or file_url(said.home / "epochlab.db")
        if (named := database.removeprefix(FILE)) != database and named and not named.startswith((":", "file:")):
            database = f"{FILE}{Path(named).expanduser().resolve()}"  # workers start in another folder
        return cls(said.home, said.data, database, said.runs)

    @cached_property
    def place(self) -> str:
        """The computer and the folder, as `laptop:/home/anna/workspace`: other workspaces may share the database."""
        return f"{platform.node()}:{self.home}"

    @cached_property
    def has_own_database(self) -> bool:
        """Whether the database lies in this very folder, so that whatever runs there has run here."""
        return self.database.startswith(f"{FILE}{self.home}{os.sep}")

    @cached_property
    def cache(self) -> Path:
        return self.home / "cache"

    @cached_property
    def runs(self) -> Path:
        return self.shared_runs or self.workers

    @property
    def variables(self) -> dict[str, str]:
        """What another process has in its environment that shall have this workspace."""
        return {
            "EPOCHLAB_HOME": str(self.home),
            "EPOCHLAB_DATA": str(self.data),
            "EPOCHLAB_RUNS": str(self.runs),
            "EPOCHLAB_DB": self.database,
        }

    @cached_property
    def workers(self) -> Path:
        """Of this computer's workers: their locks and their log."""
        return self.home / "runs"

    @cached_property
    def trials(self) -> Path:
        """What was found out about settings before they became a run."""
        return self.home / "trials"

    @cached_property
    def uploads(self) -> Path:
        """ZIP files that came in through the browser."""
        return self.home / "uploads"

    @cached_property
    def collections(self) -> Path:
        """Images that were collected in the app, a folder a set, with a folder for each class."""
        return self.home / "collections"

    @cached_property
    def edits(self) -> Path:
        """What a person changed of data sets, a folder a set: lists of edits, and images that were added."""
        return self.home / "edits"

    @cached_property
    def exports(self) -> Path:
        """Data sets that were written as ZIP files, a folder a set."""
        return self.home / "exports"

    @cached_property
    def watched(self) -> Path:
        """Pictures of a person's own that runs answer after every epoch, a folder a data set."""
        return self.home / "watched"

    @cached_property
    def weights(self) -> Path:
        """Downloaded or hand-placed ImageNet weights, under the file names that torchvision uses."""
        return self.data / "weights"

    def run(self, run_id: str) -> Path:
        return self.runs / run_id


def file_url(path: Path) -> str:
    """The SQLAlchemy URL of a database file; SQLAlchemy reads `%3F` in it as the `?` that a folder's name may have."""
    return FILE + quote(str(path), safe=" +/:\\")


def pasted(text: str) -> str:
    """A path as a person pastes it: with quotes around, as a file's address (`file:///home/me/my%20pets`), or as a
    terminal shows it, with `\\ ` for a space."""
    path = text.strip()
    if len(path) > 1 and (path[0], path[-1]) in QUOTES:
        path = path[1:-1].strip()
    if path.lower().startswith("file:"):
        return url2pathname(urlsplit(path).path)
    return path if os.path.exists(path) or os.sep == "\\" else re.sub(r"\\(.)", r"\1", path)


def resolved(path: str) -> Path:
    """The one absolute path of a folder or ZIP, whichever way it was written; BadInput if it cannot be one."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # no such home, a circle of links, a zero byte
        raise BadInput("{path:name} cannot be resolved: check the path.", path=one_line(path, 80)) from error
