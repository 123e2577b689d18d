"""What a data set says against the images that a run is measured on: copies and near copies of what it learned from,
and images that stand under two classes."""

from dataclasses import replace

import numpy as np

from core.datasets.copies import in_two_classes
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.insight.suspects import Suspects
from core.loading.split import by_name, copies_of_training, parts
from core.prepared import prepare
from core.runs.store import Run
from core.training.verdict import Measured


def with_data_doubts(measured: Measured, run: Run, split: str, workspace: Workspace) -> Measured:
    """The same counts with those of such images; near copies where somebody has searched the data set for them."""
    prepared = prepare.find(DataSource.of(run.config.data), workspace)
    if not prepared or run.fingerprint not in (None, prepared.meta.fingerprint):  # the images are others by now
        return measured
    data = run.config.data
    try:
        divided = parts(prepared, data.validation, data.limit, run.config.training.seed)
    except Problem:  # an earlier version did not keep the fingerprint
        return measured
    images = by_name(prepared, divided).get(split)
    if images is None or split == "train":
        return measured
    if found := Suspects.open(prepared, "copies", None, workspace):
        measured = replace(measured, near=found.near_training(divided.train, images))
    if prepared.copies is None:  # prepared by a version that did not count them
        return measured
    doubtful = in_two_classes(prepared.copies, np.asarray(prepared.labels))
    return replace(
        measured,
        copies=copies_of_training(prepared, divided, images),
        two_classes=int(doubtful[images].sum()),
    )
