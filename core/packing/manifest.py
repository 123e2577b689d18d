"""What a pack is: a ZIP of runs that another computer can open. The names in it, its limits, and its table of contents.

manifest.json                what is in it, for people and programs
runs/<id>/run.json           the row of the run in the store
runs/<id>/epochs.jsonl       its numbers, a line an epoch; steps.jsonl: a line a point of the curves
runs/<id>/…                  the files of its folder: checkpoints, the log, what it answered, copies for people
runs/<id>/drawing_style.json how the images are drawn that it learned from, where these are drawings
edits/<data set>/…           the versions of data sets that runs learned from, and the images that were added
data/<data set>/…            the prepared images of imported sets, where they were asked for
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.datasets.folder_layout import FolderLayout
from core.errors import Problem
from core.files.checkpoint_names import WHICH
from core.locale import _
from core.runs import answer_history, probe_images, watched_images
from core.runs.deletion import RUN_ID
from core.runs.files import CONFIG, METRICS, WEIGHTS

FORMAT = 1  # of packs; the next change of what is in them raises it
MANIFEST = "manifest.json"
RUN, EPOCHS, STEPS, LOG = "run.json", "epochs.jsonl", "steps.jsonl", "worker.log"
CHECKPOINT = re.compile(rf"({WHICH})\.pt")
WATCHED = re.compile(rf"{watched_images.FOLDER}/[0-9a-f]{{16}}\.png")
FOR_PEOPLE = (CONFIG, METRICS, WEIGHTS)  # written anew where a pack is opened
TAKEN = (LOG, probe_images.FILE, answer_history.FILE, *FOR_PEOPLE)
# What belongs to one computer, and what is computed again where it is asked for.
LEFT = re.compile(r".*\.lock|(.*/)?\..*|.*\.log|ending\.json|confidence-.*\.json|evaluation-.*\.json|answers-.*\.npz|"
                  r"drawing_style\.json|unpacking|(answers|predictions|features|maps|disturbed)/.*")  # fmt: skip

MAX_RUNS = 5000
MAX_MANIFEST_BYTES = 20 * 10**6  # bytes; a run takes a few hundred
MAX_ROW_BYTES = 10**6  # bytes of a run's row, which has a few thousand
MAX_NUMBERS_BYTES = 500 * 10**6  # bytes of the numbers of a run; 10,000 steps take 2 MB
MAX_LOG_BYTES = 10**7  # bytes of a log and of other small files
MAX_CHECKPOINT_BYTES = 2 * 10**9  # bytes; of the largest network here with Adam it has a sixth
MAX_EDITS_BYTES = 10**8  # bytes of a list of edits, or of an image that was added
MAX_LABELS_BYTES = 10**8  # bytes of the labels or the shapes of a data set


class DataOf(BaseModel):
    """Which data set a run learned from. `path` is that of the computer where it was packed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    name: str
    path: str | None = None
    layout: FolderLayout = "auto"
    version: str = ""
    columns: str = ""
    title: str = ""
    fingerprint: str = ""  # of the images that it learned from; "" where no checkpoint says it


class PackedRun(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: Annotated[str, Field(pattern=f"^{RUN_ID.pattern}$")]
    name: str
    state: Literal["paused", "interrupted", "finished", "failed", "cancelled"]
    recipe: str | None = None
    test_accuracy: float | None = None  # 0–1
    data: DataOf
    same_files: dict[str, str] = {}  # names of checkpoints that are another name's file, and that name


class Manifest(BaseModel):
    """`manifest.json`."""

    model_config = ConfigDict(extra="ignore", strict=True)

    format: Annotated[int, Field(ge=1)]
    store: Annotated[int, Field(ge=1)]  # the version of the rows
    epochlab: str
    made: str  # ISO 8601, UTC
    runs: Annotated[list[PackedRun], Field(max_length=MAX_RUNS)]
    left_out: list[str] = []  # runs that could not be packed, and why, in words
    without: list[str] = []  # what else is not in it, in words


def left_out(name: str, run: str, problem: Problem) -> str:
    return _("{name:name} ({run}) was left out: {problem}", name=name, run=run, problem=problem)


def dump(value: BaseModel) -> dict[str, Any]:
    return value.model_dump(mode="json")
