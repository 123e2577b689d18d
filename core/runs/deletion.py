"""Deletes a run: renames its folder, removes its row, removes its folder; finishes an interrupted deletion later."""

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from core.errors import Problem, Unwritable, reason
from core.files import atomic
from core.files.paths import Workspace
from core.runs.executors import Executor
from core.runs.liveness import Liveness
from core.runs.locks import is_locked
from core.runs.store import Run, Store

DELETED_PREFIX = ".gone-"  # before the name of the folder of a run that is being deleted
RUN_ID = re.compile("[0-9a-f]{8}")  # and the name of its folder
ARRIVING = "unpacking"  # a file in the folder of a run that comes from a pack, until the store has it
ARRIVALS = "unpack.lock"  # beside the folders; held by the process that brings them
TRAINS = "{name:name} ({run}) is training. Cancel it first, then delete it."
NOT_MOVED = (
    "{name:name} ({run}) cannot be deleted: {folder} cannot be moved ({reason}). Check the permissions of the folder "
    "it is in, and that its disk can be written to."
)
ELSEWHERE = (
    "The files of {name:name} ({run}) are not in {folder}, and would stay: it was trained in {place}. Delete it there, "
    "or let EPOCHLAB_RUNS name the folder that the computers share."
)
NOT_ALL = (
    "{name:name} ({run}) is deleted, but not all of its files could be removed. Check the permissions of {folder}; the "
    "next run that starts tries again."
)


class Deletion:
    """Removes runs and what is left of them."""

    def __init__(self, workspace: Workspace, store: Store, executor: Executor, liveness: Liveness) -> None:
        self.workspace, self.store, self.executor, self.liveness = workspace, store, executor, liveness

    def delete(self, run_id: str) -> None:
        """Remove a run's row, numbers, checkpoints and log. One that trains must be cancelled first."""
        self.require_reach(self.store.get(run_id))
        self.store.move(run_id, "cancelled", only_from=["queued"])  # no worker may claim it meanwhile
        run = self.liveness.checked(self.store.get(run_id))
        if run.state == "running":
            raise Problem(TRAINS, name=run.name, run=run.id)
        folder = self.workspace.run(run_id)
        aside = folder.with_name(DELETED_PREFIX + run_id)
        try:
            os.rename(folder, aside)
            atomic.sync_folder(folder.parent)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Unwritable(NOT_MOVED, name=run.name, run=run_id, folder=folder, reason=reason(error)) from error
        self.store.remove(run_id)
        self.leave_nothing(run_id)  # a process that tidied just now may have put it back
        self.tidy()
        if os.path.lexists(aside):
            raise Problem(NOT_ALL, name=run.name, run=run_id, folder=aside)

    def require_reach(self, run: Run) -> None:
        """`Problem` where the files of a run are on another computer, and this one shares no folder with it."""
        alone = self.store.shared and not self.workspace.shared_runs and run.place not in (None, self.workspace.place)
        if alone and run.state != "running" and not self.workspace.run(run.id).exists():
            raise Problem(ELSEWHERE, name=run.name, run=run.id, folder=str(self.workspace.runs), place=run.place or "")

    def tidy(self) -> None:
        """Remove what is left of deleted runs; move a run's folder back if its row was not removed."""
        # First: every run has its row before its folder.
        folders = sorted(path for parent in self.parents for path in parent.glob("*"))
        runs = set(self.store.ids())
        for folder in folders:
            run_id = folder.name.removeprefix(DELETED_PREFIX)
            if not RUN_ID.fullmatch(run_id):
                continue
            if folder.name == run_id:
                if run_id not in runs and self._abandoned(folder):
                    discard(folder)
            elif run_id in runs:
                with suppress(OSError):
                    os.rename(folder, folder.with_name(run_id))
            else:
                discard(folder)

    def leave_nothing(self, run_id: str) -> None:
        """Remove the folder of a deleted run: a worker that was about to claim the run may have made it again."""
        if run_id not in self.store.ids():
            for parent in self.parents:
                discard(parent / run_id)

    @property
    def parents(self) -> set[Path]:
        """Where folders of runs are; two where computers share them, for each has the locks of its own workers."""
        return {self.workspace.runs, self.workspace.workers}

    def _abandoned(self, folder: Path) -> bool:
        """Whether this folder without a run has no worker and no checkpoint, which may belong to another database. One
        that was to come from a pack is, once nobody brings it any more."""
        run_id = folder.name
        try:
            if (folder / ARRIVING).exists():
                free = not is_locked(self.workspace.runs / ARRIVALS)
                return free and run_id not in self.store.ids()  # it may have arrived this moment
            if folder.parent != self.workspace.workers and not self.store.shared:
                return False  # its worker may be on a computer that shares the folder, with another database
            return not any(folder.glob("*.pt")) and not self.executor.is_alive(run_id)
        except (OSError, Unwritable):
            return False


def discard(path: Path) -> None:
    """Remove a folder as far as possible, or the file or link in its place; the target of a link stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
