"""What lies in the folder of a run: checkpoints, the log, the worker's lock. Imports no torch."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from core.errors import Problem
from core.files import atomic
from core.files.checkpoint_names import BEST, LAST, checkpoint_path, kept_epochs
from core.files.paths import Workspace
from core.runs import watched_images
from core.runs.probe_images import FILE

ENDING = "ending.json"
CONFIG, METRICS, WEIGHTS = "config.yaml", "metrics.csv", "weights/last.safetensors"  # of a finished run, for people


class RunFiles:
    """The files of every run of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def checkpoint(self, run_id: str, which: str = "last") -> Path:
        return checkpoint_path(self.workspace.run(run_id), which)

    def has_checkpoint(self, run_id: str, which: str = "last") -> bool:
        return self.checkpoint(run_id, which).exists()

    def kept_epochs(self, run_id: str) -> dict[int, Path]:
        """The checkpoints of single epochs, in their order."""
        return kept_epochs(self.workspace.run(run_id))

    def checkpoint_bytes(self, run_id: str) -> int:
        """What all checkpoints of the run take on the disk; several names of one file count once."""
        return sum(sizes(self.workspace.run(run_id).glob("*.pt")).values())

    def epoch_bytes(self, run_id: str) -> int:
        """What those of single epochs take of that; one that is the best or the last one, too, takes nothing more."""
        found = sizes(self.kept_epochs(run_id).values())
        others = sizes(self.checkpoint(run_id, which) for which in (BEST, LAST))
        return sum(found[file] for file in found.keys() - others.keys())

    def checkpoint_version(self, run_id: str, which: str = "last") -> str:
        """A text that changes with every checkpoint of the run; "" before the first."""
        return atomic.file_identity(self.checkpoint(run_id, which))

    def lock(self, run_id: str) -> Path:
        """Held by the worker of a run for as long as it lives; on the disk of its computer, as locks of files that
        computers share may outlast the one that holds them."""
        return self.workspace.workers / run_id / "worker.lock"

    def log_path(self, run_id: str) -> Path:
        return self.workspace.run(run_id) / "worker.log"

    def probe_images(self, run_id: str) -> Path:
        """What the run answered on a few fixed images after every epoch."""
        return self.workspace.run(run_id) / FILE

    def watched_images(self, run_id: str) -> list[Path]:
        """Pictures of a person's own among them."""
        return watched_images.of_run(self.workspace.run(run_id))

    def log(self, run_id: str, lines: int = 200) -> str:
        """The end of the log of this run."""
        try:
            text = self.log_path(run_id).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def note(self, run_id: str, words: str) -> None:
        """Add a line to a run's log. A disk that accepts no writes is no reason to stop: nothing depends on the log."""
        with suppress(OSError):
            self.workspace.run(run_id).mkdir(parents=True, exist_ok=True)
            with open(self.log_path(run_id), "a", encoding="utf-8") as log:
                log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}\n")

    def keep_ending(self, run_id: str, state: str, outcome: Problem) -> None:
        """Note beside the log how a run ended, for the case that the store cannot be written."""
        with suppress(OSError):
            text = json.dumps({"state": state, **outcome.to_dict()})
            self.workspace.run(run_id).mkdir(parents=True, exist_ok=True)
            (self.workspace.run(run_id) / ENDING).write_text(text, encoding="utf-8")

    def forget_ending(self, run_id: str) -> None:
        with suppress(OSError):
            (self.workspace.run(run_id) / ENDING).unlink(missing_ok=True)

    def ending(self, run_id: str) -> tuple[str, Problem] | None:
        """The state and the reason that `keep_ending` noted; None if there are none."""
        try:
            kept = json.loads((self.workspace.run(run_id) / ENDING).read_text(encoding="utf-8"))
            return str(kept["state"]), Problem.from_dict(kept)
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None


def sizes(paths: Iterable[Path]) -> dict[tuple[int, int], int]:
    """Bytes of the files that are there, by what the disk knows each by."""
    found = {}
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            found[status.st_dev, status.st_ino] = status.st_size
    return found
