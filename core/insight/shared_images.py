"""Runs that learned from different versions of a data set, on the images that all of these versions have: what a run
answered before the data were mended, and one after it, on the same images under the same labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.insight.image_answers import ImageAnswers
from core.locale import ngettext
from core.prepared.arrays import Prepared
from core.prepared.versions import versions
from core.runs.store import Run


@dataclass(frozen=True)
class SharedImages:
    """The answers by run id, all on the same images. Places and classes are those of `prepared`, whose labels are held
    to be true."""

    answers: dict[str, ImageAnswers]
    prepared: Prepared
    left_out: dict[str, int]  # run id → images that it answered and that not all of the others have
    relabelled: int  # images whose class is another one in some of the versions

    @property
    def count(self) -> int:
        return len(next(iter(self.answers.values())).indices)

    @property
    def words(self) -> str:
        """What is compared, in sentences."""
        said = [
            ngettext(
                "{n:count} image is in all of these versions, and is judged by the labels of {title:name}.",
                "{n:count} images are in all of these versions, and are judged by the labels of {title:name}.",
                self.count,
                title=self.prepared.meta.title,
            )
        ]
        if self.relabelled:
            said.append(
                ngettext(
                    "{n:count} of them has another class in another version.",
                    "{n:count} of them have another class in another version.",
                    self.relabelled,
                )
            )
        if most := max(self.left_out.values()):
            said.append(
                ngettext(
                    "Up to {n:count} image is not in all of them and is left out.",
                    "Up to {n:count} images are not in all of them and are left out.",
                    most,
                )
            )
        return " ".join(said)


def versions_differ(sets: Mapping[str, Prepared]) -> bool:
    """Whether these are different versions of one data set, so that images of one are found in another."""
    came = {one.meta.edited.base if one.meta.edited else one.meta.fingerprint for one in sets.values()}
    return len(came) == 1 and len({one.meta.fingerprint for one in sets.values()}) > 1


def newest_first(runs: Sequence[Run], workspace: Workspace) -> list[Run]:
    """Runs by the version that they learned from, the one that was saved last first; the set as it came is the oldest,
    beside versions that were deleted. Those of one version by their own age."""

    def age(run: Run) -> tuple[int, float]:
        source = DataSource.of(run.config.data)
        saved = [one.name for one in versions(source, workspace)]
        return saved.index(source.version) if source.version in saved else -1, run.created

    return sorted(runs, key=age, reverse=True)


def shared_images(answers: Mapping[str, ImageAnswers], sets: Mapping[str, Prepared], truth: str) -> SharedImages:
    """The answers of all runs on the images that all of them answered, in the order of the run `truth`, whose labels
    are taken. `sets` has the prepared set of each run; all are versions of one."""
    origins = {run: np.asarray(sets[run].origin)[one.indices] for run, one in answers.items()}
    shared: NDArray[np.int64] = reduce(np.intersect1d, origins.values())
    shared = shared[shared >= 0]  # images that were added have no place in the set as it came
    places = {run: _places(origin, shared) for run, origin in origins.items()}
    order = np.argsort(places[truth])
    places = {run: one[order] for run, one in places.items()}
    classes, indices = sets[truth].meta.classes, answers[truth].indices[places[truth]]
    labels = {run: _named(one.labels[places[run]], sets[run], classes) for run, one in answers.items()}
    found = {
        run: ImageAnswers(
            indices,
            labels[truth],
            _named(one.predicted[places[run]], sets[run], classes),
            sets[truth].meta.fingerprint,
        )
        for run, one in answers.items()
    }
    differs = np.any([one != labels[truth] for one in labels.values()], axis=0)
    left_out = {run: len(one.indices) - len(shared) for run, one in answers.items()}
    return SharedImages(found, sets[truth], left_out, int(differs.sum()))


def _places(origin: NDArray[np.int64], shared: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of the shared images is among those of a run."""
    order = np.argsort(origin, kind="stable")
    return np.asarray(order[np.searchsorted(origin, shared, sorter=order)])


def _named(numbers: NDArray[np.int64], prepared: Prepared, classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Classes of a set as places in another list, by their names; −1 for one that is not in it."""
    table = np.array([classes.index(name) if name in classes else -1 for name in prepared.meta.classes], np.int64)
    return np.asarray(table[numbers])
