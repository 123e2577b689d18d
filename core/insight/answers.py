"""Answers of models to images whose class is known: which are right, and where any model is wrong."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core import formatting
from core.errors import Problem
from core.locale import _
from core.runs.store import Run


def changed(data_set: str, run: str) -> Problem:
    """The problem of a data set that has changed since a run was trained on it; both by their titles."""
    return Problem(
        "{data_set:name} has changed since {run:name} was trained on it, so it cannot be measured on it. Bring the old "
        "images back and prepare them again, or train a new run.",
        data_set=data_set,
        run=run,
    )


def counted_by_run(run: Run, split: str, which: str, correct: int, total: int) -> str:
    """What the run counted itself on these images, with the same weights, where that is another number; else ""."""
    kept = run.summary or {}
    own = kept.get("test_correct")
    if split != "test" or which != "last" or own in (None, correct) or kept.get("test_total") != total:
        return ""
    return _(
        "The run itself counted {own} at its end: it measures itself in the precision that it trains in. Here, on "
        "Predict and in exports answers are computed in float32.",
        own=formatting.of(own, total),
    )


def looked_at(run: Run, split: str) -> list[str]:
    """Which images the test images are (`split`: where the data set has them) and how often the run has looked at
    them, where that is not as it should be."""
    found = []
    if split == "val":
        found.append(_("These are the validation images of the data set, which has no other test images."))
    if run.config.data.measured_on == "test":
        found.append(_("They were measured after every epoch: a model chosen by that score is judged too kindly."))
    return found


def right(probabilities: NDArray[np.float32], true: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the likeliest class is the true one: (N, classes) and (N,) → (N,)."""
    return np.asarray(probabilities.argmax(axis=1) == true)


def wrong_places(answers: Sequence[NDArray[np.float32]], true: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where any of several models is wrong: each (N, classes), and (N,) → places, ascending."""
    return np.flatnonzero(np.any([~right(given, true) for given in answers], axis=0))
