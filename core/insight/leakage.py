"""Near copies of what a run learned from among the images that it is measured on."""

from dataclasses import replace

from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.insight.suspects import Suspects
from core.loading.split import by_name, parts
from core.prepared import prepare
from core.runs.store import Run
from core.training.verdict import Measured


def with_near_copies(measured: Measured, run: Run, split: str, workspace: Workspace) -> Measured:
    """The same counts with those near copies, where somebody has searched the data set for them; it costs nothing
    where nobody has."""
    prepared = prepare.find(DataSource.of(run.config.data), workspace)
    found = prepared and Suspects.open(prepared, "copies", None, workspace)
    if not prepared or not found:
        return measured
    data = run.config.data
    try:
        divided = parts(prepared, data.validation, data.limit, run.config.training.seed)
    except Problem:  # the images are others by now
        return measured
    images = by_name(prepared, divided).get(split)
    if images is None or split == "train":
        return measured
    return replace(measured, near=found.near_training(divided.train, images))
