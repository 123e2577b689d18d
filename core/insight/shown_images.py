"""The images that a trained model is shown: a split of its own data, or another labelled set."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.insight.answers import changed
from core.insight.other_data import OTHER_DATA, matched, part_of
from core.loading.split import by_name, copies_of_training, parts
from core.prepared import prepare
from core.prepared.arrays import Meta, Prepared
from core.run_config import RunConfig
from core.runs.store import Run

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Shown:
    """Images that a model is shown: their places in a prepared set, what the part is called, and what an evaluation
    says of it."""

    prepared: Prepared
    indices: np.ndarray
    part: str
    split: str
    more: dict[str, Any]


def own_part(run: Run, split: str, workspace: Workspace, config: RunConfig, meta: Meta) -> Shown:
    """A split of what the run was trained on, as it has divided it; `config` and `meta` are the checkpoint's."""
    prepared = prepare.require(DataSource.of(config.data), workspace)
    if prepared.meta.fingerprint != meta.fingerprint:
        raise changed(prepared.meta.title, run.name)
    divided = parts(prepared, config.data.validation, config.data.limit, config.training.seed)
    images = by_name(prepared, divided)
    if split not in images:
        raise BadInput(
            "{name} has no {split} images: none were held out, and after every epoch it was measured on its test "
            "images. Have: {names}",
            name=run.name,
            split=split,
            names=", ".join(name for name in SPLITS if name in images),
        )
    chosen = images[split]
    more = {
        "copies_of_training": copies_of_training(prepared, divided, chosen),
        "own_split": next(name for name in SPLITS if chosen[0] in prepared.indices(name)),
    }
    return Shown(prepared, chosen, split, split, more)


def other_set(source: DataSource, workspace: Workspace, classes: tuple[str, ...]) -> Shown:
    """All images of another prepared set that are of a class which the model knows by the same name."""
    prepared, other = matched(prepare.require(source, workspace), source, classes)
    more = {"other": other, "own_split": ""}
    return Shown(prepared, np.flatnonzero(prepared.labels >= 0), part_of(source), OTHER_DATA, more)
