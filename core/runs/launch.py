"""Lab: the one door to runs, for the pages and the command line. It queues, pauses, cancels and deletes, and makes
sure that a worker is awake. Imports no torch."""

import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import durable, room
from core.config import RunConfig
from core.data import prepare
from core.data.source import DataSource
from core.errors import BadInput, Problem, Unwritable, reason
from core.places import Places
from core.runs import naming, options
from core.runs.locks import held
from core.runs.store import RESUMABLE, Run, State, Store, open_store
from core.runs.vitals import ran_out_of_memory

ROOT = Path(__file__).resolve().parents[2]
SMALLER_BATCH = "Start again with a smaller batch size"  # a page puts a button for it beside the sentence
OUT_OF_MEMORY = "There was not enough memory for batches of {} images. " + SMALLER_BATCH + ", half of it for instance."
PATIENCE = 10.0  # seconds from waking a worker until, if nobody is there then, another is woken
GONE = ".gone-"  # before the name of the folder of a run that is being deleted
STAMP = re.compile(r"[\d-]+ [\d:]+ ")  # before each line of a log
PAUSED = "Paused"  # how the last line of a log begins if its run was paused, as `execute` writes it
ID = re.compile("[0-9a-f]{8}")  # of a run, and the name of its folder


class Lab:
    """Runs, their folders and their workers in one workspace."""

    def __init__(self, places: Places, store: Store) -> None:
        self.places, self.store = places, store
        self.woken = -math.inf  # when a worker was last seen to, from here
        self.worker: subprocess.Popen[bytes] | None = None  # the last one that was woken from here

    @classmethod
    def open(cls) -> "Lab":
        """The workspace that the environment names."""
        options.runs_at_once(), options.save_every()  # whoever opens it hears of what is wrong with them
        places = Places.from_environment()
        return cls(places, open_store(places.database))

    # Looking

    def runs(self, limit: int | None = None, states: Sequence[str] | None = None) -> list[Run]:
        """Newest first, of all states or of some. A run whose worker has died is marked `interrupted` before anybody
        sees it."""
        runs = [self.checked(run) for run in self.store.all(states, limit)]
        self.attend(runs)
        return [run for run in runs if states is None or run.state in states]

    def run(self, run_id: str) -> Run:
        """The run with this id; `BadInput` when it was deleted."""
        run = self.checked(self.store.get(run_id))
        self.attend([run])
        return run

    def find(self, text: str, *, only: bool = False) -> Run:
        """The run meant by an id, a name, or the start of an id; with `only` no other may be meant."""
        return self.run(self.store.find(text, only=only).id)

    def checked(self, run: Run, keep: bool = False) -> Run:
        """A running run holds its lock; the system frees the lock of a dead process, whatever killed it. With `keep`
        the store must take what was found out."""
        if run.state != "running" or held(self.lock_path(run.id)):
            return run
        state: State = "interrupted"
        words = f"{self.last_words(run)} Resume to go on from the last checkpoint."
        if ran_out_of_memory(run.vitals):
            state, words = "failed", OUT_OF_MEMORY.format(run.config.training.batch_size)
        try:
            self.store.move(run.id, state, only_from=["running"], pid=None, stage="", message=words)
        except Unwritable:  # it can be told, if not kept
            if keep:
                raise
            return replace(run, state=state, pid=None, stage="", message=words)
        return self.store.get(run.id)

    def attend(self, runs: list[Run]) -> None:
        """Wake a worker if a run waits and nobody is there for it any more: it may have been killed, too."""
        if any(run.state == "queued" for run in runs) and time.monotonic() - self.woken > PATIENCE:
            with suppress(Unwritable):  # whoever only looks may be unable to start anything
                self.wake()

    def trouble(self) -> str:
        """Why the worker that was woken last has ended before it took a run, in a sentence; "" if it has not."""
        if self.worker is None or not self.worker.poll():
            return ""
        return (
            "The process that trains ended as soon as it was started. Its last words are in "
            f"{self.places.runs / 'workers.log'}; if they name a missing package, install the requirements again."
        )

    def stamp(self, run_id: str, which: str = "last") -> str:
        """Another word with every checkpoint of the run; "" before the first."""
        return durable.stamp(self.places.run(run_id) / f"{which}.pt")

    def has_checkpoint(self, run_id: str, which: str = "last") -> bool:
        return (self.places.run(run_id) / f"{which}.pt").exists()

    def log(self, run_id: str, lines: int = 200) -> str:
        """The end of what was written about this run while it trained."""
        try:
            text = self.log_path(run_id).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def last_words(self, run: Run) -> str:
        """Why its worker stopped, as far as that shows: the store may have taken nothing of what it had to say."""
        words = STAMP.sub("", self.log(run.id, lines=1))
        if words.startswith(PAUSED):
            return words
        with suppress(Problem):
            source = DataSource.of(run.config.data)
            if prepare.find(source, self.places) is None:  # cut short under it, they end the process
                return (
                    f"The prepared images of {naming.data_title(run.config)} are gone or damaged; prepare them again."
                )
        return "Its worker stopped without a word."

    def note(self, run_id: str, words: str) -> None:
        """Add a line to a run's log. A disk that takes no more is no reason to stop: the log only tells."""
        with suppress(OSError):
            self.places.run(run_id).mkdir(parents=True, exist_ok=True)
            with open(self.log_path(run_id), "a", encoding="utf-8") as log:
                log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}\n")

    # Acting

    def submit(self, config: RunConfig, name: str = "", recipe: str | None = None) -> Run:
        """Queue a run on data that are prepared, and see to it that a worker is awake."""
        prepare.require(DataSource.of(config.data), self.places)
        room.require(self.places.runs, 0, "another run")
        run = self.store.add(config, name, recipe=recipe)
        self.wake()
        return run

    def pause(self, run_id: str) -> None:
        """Ask a running run to save itself and step aside; a waiting one leaves the queue."""
        self.ask(run_id, "pause", "paused")

    def cancel(self, run_id: str) -> None:
        """Ask a running run to stop for good; what it has learnt is kept."""
        if self.store.move(run_id, "cancelled", only_from=["paused", "interrupted"], finished=time.time()):
            return
        self.ask(run_id, "cancel", "cancelled")

    def ask(self, run_id: str, wish: str, state: Any) -> None:
        if self.store.move(run_id, state, only_from=["queued"]):
            return
        run = self.run(run_id)
        if run.state != "running":
            raise Problem(f"{run.name} ({run.id}) is {run.state}; only a run that waits or trains can be {state}.")
        self.store.change(run_id, wish=wish)

    def resume(self, run_id: str) -> Run:
        """Queue an unfinished run again; it goes on from its last checkpoint, or begins if it has none."""
        run = self.checked(self.store.get(run_id), keep=True)
        if run_id not in self.store.configs:  # its settings cannot be read
            raise Problem(run.message)
        if not self.store.move(run_id, "queued", only_from=RESUMABLE, queued=time.time(), message="", finished=None):
            run = self.store.get(run_id)
            raise Problem(
                f"{run.name} ({run.id}) is {run.state}; only a run that is paused, interrupted, failed or cancelled "
                "can be resumed."
            )
        self.wake()
        return self.store.get(run_id)

    def delete(self, run_id: str) -> None:
        """Remove a run's row, numbers, checkpoints and log. One that trains must be cancelled first."""
        self.store.move(run_id, "cancelled", only_from=["queued"])  # no worker may claim it meanwhile
        run = self.run(run_id)
        if run.state == "running":
            raise Problem(f"{run.name} ({run.id}) is training. Cancel it first, then delete it.")
        # The folder steps aside, the row goes, the folder goes: wherever that is cut short, `tidy` brings it to an end.
        folder = self.places.run(run_id)
        aside = folder.with_name(GONE + run_id)
        try:
            os.rename(folder, aside)
            durable.sync_folder(folder.parent)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Unwritable(
                f"{run.name} ({run_id}) cannot be deleted: {folder} cannot be moved ({reason(error)}). Check the "
                "permissions of the folder it is in, and that its disk can be written to."
            ) from error
        self.store.remove(run_id)
        self.leave_nothing(run_id)  # somebody who tidied just now has put it back
        self.tidy()
        if os.path.lexists(aside):
            raise Problem(
                f"{run.name} ({run_id}) is deleted, but not all of its files could be removed. Check the permissions "
                f"of {aside}; the next run that starts tries again."
            )

    def tidy(self) -> None:
        """Remove what is left of deleted runs; give a run its folder back if its row never went."""
        folders = sorted(self.places.runs.glob("*"))  # first: every run has its row before its folder
        runs = set(self.store.ids())
        for folder in folders:
            run_id = folder.name.removeprefix(GONE)
            if not ID.fullmatch(run_id):
                continue
            if folder.name == run_id:
                if run_id not in runs and self.abandoned(run_id):
                    discard(folder)
            elif run_id in runs:
                with suppress(OSError):
                    os.rename(folder, self.places.run(run_id))
            else:
                discard(folder)

    def abandoned(self, run_id: str) -> bool:
        """Whether nobody works in this folder of no run, nor is a checkpoint in it, which another database may know."""
        try:
            return not any(self.places.run(run_id).glob("*.pt")) and not held(self.lock_path(run_id))
        except (OSError, Unwritable):
            return False

    def leave_nothing(self, run_id: str) -> None:
        """Remove the folder of a run that is deleted: who was about to claim it has made it anew."""
        if run_id not in self.store.ids():
            discard(self.places.run(run_id))

    def rename(self, run_id: str, name: str) -> None:
        if not (kept := naming.run_name(name)):
            raise BadInput("A run needs a name of at least one letter. Type one.")
        self.store.change(run_id, name=kept)

    def annotate(self, run_id: str, *, tags: list[str] | None = None, notes: str | None = None) -> None:
        """Set tags, notes, both or none."""
        values: dict[str, Any] = {} if notes is None else {"notes": naming.note_lines(notes)}
        if tags is not None:
            values["tags"] = naming.tag_names(tags)
        if values:
            self.store.change(run_id, **values)

    # Workers

    def wake(self, idle: float = 0.0) -> None:
        """Make sure that a worker waits for work. It leaves when the queue has been empty for `idle` seconds; a
        warm spare (idle > 0) spares the next run the 2–3 s that importing torch takes."""
        self.woken = time.monotonic()
        if held(self.spare_lock):
            return
        environment = {
            **os.environ,
            "EPOCHLAB_HOME": str(self.places.home),
            "EPOCHLAB_DATA": str(self.places.data),
            "EPOCHLAB_DB": self.places.database,
        }
        try:
            self.places.runs.mkdir(parents=True, exist_ok=True)
            with open(self.places.runs / "workers.log", "ab") as log:
                self.worker = subprocess.Popen(
                    [sys.executable, "-m", "core.runs.worker", "--idle", str(idle)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True, cwd=ROOT, env=environment,
                )  # fmt: skip
        except OSError as error:
            raise Unwritable(
                f"No process that trains could be started ({reason(error)}). Check that {self.places.runs} can be "
                "written to, and that the computer has memory left."
            ) from error

    @property
    def spare_lock(self) -> Path:
        """Held by the one worker that waits for the next run."""
        return self.places.runs / "spare.lock"

    def slot_lock(self, device: str) -> Path:
        """Held by the run that trains on this device."""
        return self.places.runs / f"device-{device.replace(':', '-')}.lock"

    def lock_path(self, run_id: str) -> Path:
        """Held by the worker of a run for as long as it lives."""
        return self.places.run(run_id) / "worker.lock"

    def log_path(self, run_id: str) -> Path:
        return self.places.run(run_id) / "worker.log"


def discard(path: Path) -> None:
    """Remove a folder as far as that can be done, or the file or link in its place; what a link leads to stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
