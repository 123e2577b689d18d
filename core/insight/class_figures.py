"""Class by class: what is taken for what, and how often an answer is right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.settings.fields import Settings


class ClassFigures(Settings):
    """One class: the share of the images answered as this class that belong to it (precision); the share of its images
    answered so (recall); the harmonic mean of both (F1); and the number of its images."""

    name: str
    precision: float | None  # None: the class is never named
    recall: float | None  # None: the class has no image here; F1 has neither then
    f1: float | None
    count: int


@dataclass(frozen=True)
class ConfusedPair:
    """How many images of one class were taken for another; both are places in the list of classes."""

    true: int
    answered: int
    count: int
    share: float  # of the images of the true class


def class_figures(confusion: NDArray[np.int64], classes: Sequence[str]) -> tuple[ClassFigures, ...]:
    """The figures that follow from a confusion matrix (C, C), `[i, j]` images of class i taken for class j."""
    found = confusion.diagonal().astype(float)
    true, named = confusion.sum(1), confusion.sum(0)
    precision, recall, f1 = share(found, named), share(found, true), share(2 * found, true + named)
    rows = zip(classes, precision, recall, f1, true, strict=True)
    return tuple(
        ClassFigures(name=n, precision=known(p), recall=known(r), f1=known(f) if c else None, count=int(c))
        for n, p, r, f, c in rows
    )


def shares(confusion: NDArray[np.int64], of: str) -> NDArray[np.float64]:
    """(C, C): each count as a share of its `row` (the images of a class) or of its `column` (those answered so); no
    number where there are none."""
    return share(confusion, confusion.sum(axis=1 if of == "row" else 0, keepdims=True))


def confused_pairs(confusion: NDArray[np.int64], most: int) -> list[ConfusedPair]:
    """The mistakes that occur, those with most images first, at most so many."""
    true, answered = np.nonzero(confusion)
    other = true != answered
    true, answered = true[other], answered[other]
    counts, totals = confusion[true, answered], confusion.sum(1)
    order = np.argsort(-counts, kind="stable")[:most]
    return [
        ConfusedPair(int(i), int(j), int(n), float(n / totals[i]))
        for i, j, n in zip(true[order], answered[order], counts[order], strict=True)
    ]


def share(part: "NDArray[np.int64 | np.float64]", whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """No number (NaN) for a share of nothing."""
    empty = np.full(np.broadcast(part, whole).shape, np.nan)
    return np.asarray(np.divide(part, whole, out=empty, where=whole != 0))


def known(value: float) -> float | None:
    """None for no number."""
    return None if np.isnan(value) else float(value)
