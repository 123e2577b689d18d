"""What a data set says against the images that a run is measured on: copies and near copies of what it learned from,
and images that stand under two classes."""

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.datasets.copies import in_two_classes, pixel_digest
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.insight.suspects import Suspects
from core.loading.split import Parts, by_name, copies_of_training, parts
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.runs.store import Run
from core.training.verdict import Measured


@dataclass(frozen=True)
class DataDoubts:
    """Counts of such images among those of a part, as `Measured` has them."""

    copies: int = 0
    near: int = 0  # as far as somebody has searched the data set for them
    two_classes: int = 0

    def added_to(self, measured: Measured) -> Measured:
        """The same counts with those of such images; what is not known here stays."""
        return replace(measured, **{name: count for name, count in asdict(self).items() if count})


def with_data_doubts(measured: Measured, run: Run, split: str, workspace: Workspace) -> Measured:
    """The same counts with those of such images."""
    return data_doubts(run, split, workspace).added_to(measured)


def data_doubts(run: Run, split: str, workspace: Workspace) -> DataDoubts:
    """Of `train` there are none, nor where the images are others by now. It takes a hundredth of a second with 70,000
    images."""
    prepared, divided = learned_from(run, workspace)
    images = by_name(prepared, divided).get(split) if prepared and divided else None
    if prepared is None or divided is None or images is None or split == "train":
        return DataDoubts()
    near = Suspects.open(prepared, "copies", None, workspace)
    found = DataDoubts(near=near.near_training(divided.train, images) if near else 0)
    if prepared.copies is None:  # prepared by a version that did not count them
        return found
    doubtful = in_two_classes(prepared.copies, np.asarray(prepared.labels))
    return replace(found, copies=copies_of_training(prepared, divided, images), two_classes=int(doubtful[images].sum()))


def copies_in_training(run: Run, other: Prepared, images: NDArray[np.int64], workspace: Workspace) -> int | None:
    """How many of these images of another set a run learned from, pixel by pixel; None where its own images are not
    there any more. It takes a second for 70,000 small ones."""
    prepared, divided = learned_from(run, workspace)
    if prepared is None or divided is None:
        return None
    known = {pixel_digest(prepared.image(int(index))) for index in divided.train}
    return sum(pixel_digest(other.image(int(index))) in known for index in images)


def learned_from(run: Run, workspace: Workspace) -> tuple[Prepared | None, Parts | None]:
    """A run's own images, and how it divided them; None where they are not there, or are others by now."""
    prepared = prepare.find(DataSource.of(run.config.data), workspace)
    if not prepared or run.fingerprint not in (None, prepared.meta.fingerprint):
        return None, None
    data = run.config.data
    try:
        return prepared, parts(prepared, data.validation, data.limit, run.config.training.seed)
    except Problem:  # an earlier version did not keep the fingerprint
        return None, None
