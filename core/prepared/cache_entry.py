"""The place of one data set in the cache, and the files that stand beside it while it is prepared."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.datasets.source import DataSource, short_hash
from core.files.atomic import sync_folder
from core.files.paths import Workspace

MOVING = 0.2  # seconds to wait for a process that is between the two moves right now


@dataclass(frozen=True)
class CacheEntry:
    """Where everything about one data set is."""

    source: DataSource
    workspace: Workspace

    @property
    def folder(self) -> Path:
        """The prepared data."""
        return self.workspace.cache / self.source.key

    @property
    def part(self) -> Path:
        """Where the data are made, before they move to `folder` in one step."""
        return self._beside("part")

    @property
    def old(self) -> Path:
        """Where the previous data go at that moment."""
        return self._beside("old")

    @property
    def log(self) -> Path:
        """The output of a background job."""
        return self._beside("log")

    @property
    def cancel(self) -> Path:
        """The existence of this file asks the process that prepares to stop."""
        return self._beside("cancel")

    @property
    def downloads(self) -> Path:
        """On the disk of the data, so that whole files can be moved; one for each workspace that shares the data."""
        return self.workspace.data / f".{self.source.key}-{short_hash(self.workspace.home)}.download"

    def lock(self) -> FileLock:
        """Held by the process that prepares."""
        return FileLock(self._beside("lock"), thread_local=False)

    def publish(self) -> None:
        """Make the content of `part` the prepared data; the previous data are there until the new ones are, whatever
        happens in between. Only the process that holds the lock may do so."""
        for file in self.part.iterdir():
            with file.open("r+b") as written:
                os.fsync(written.fileno())
        sync_folder(self.part)
        if self.folder.exists():
            os.rename(self.folder, self.old)  # a process that has mapped it keeps the previous data
        os.rename(self.part, self.folder)
        sync_folder(self.workspace.cache)

    def recover(self) -> None:
        """Put the previous data back if a process was stopped between the two moves; remove them if after both."""
        if self.old.exists():
            with suppress(Timeout), self.lock().acquire(timeout=MOVING):
                self._put_back()
                shutil.rmtree(self.old, ignore_errors=True)

    def clean(self) -> None:
        """Remove what an unfinished preparation has left. Only the process that holds the lock may do so."""
        self._put_back()
        for folder in (self.part, self.old, self.downloads):
            shutil.rmtree(folder, ignore_errors=True)
        self.cancel.unlink(missing_ok=True)

    def _put_back(self) -> None:
        if not self.folder.exists() and self.old.exists():
            os.rename(self.old, self.folder)

    def _beside(self, ending: str) -> Path:
        return self.workspace.cache / f"{self.source.key}.{ending}"
