"""Which images a model learns from, and which ones it is measured on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.errors import BadInput
from core.locale.messages import SettingName
from core.prepared.arrays import Prepared

HOLD_OUT, LIMIT = 1, 2  # keep the two draws of one seed apart


@dataclass(frozen=True)
class Parts:
    """Indices into a prepared set, int64, ascending. `val` is measured after every epoch, `test` once at the end."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    val_split: Literal["validation", "val", "test"]  # "validation": held out of the training images
    test_split: Literal["val", "test"]

    @property
    def held_out(self) -> bool:
        """Whether the test images stay unseen until the end, because something else is measured every epoch."""
        return self.val_split != self.test_split


def parts(prepared: Prepared, validation: float, limit: int | None, seed: int) -> Parts:
    """Divide a prepared set.

    With `validation` 0 every epoch is measured on the test images (`val` where there is no `test`), as tutorials
    do. With more, it is measured on the set's own `val` if it has that beside `test`, else on a stratified
    share of the training images that is held out. `limit` then cuts what is left for training, stratified.
    The same seed gives the same parts. BadInput if nothing would be left to train on.
    """
    if not 0 <= validation < 1:
        raise BadInput(
            "the share held out for validation must be at least 0 and below 1, not {validation:g}",
            validation=validation,
        )
    if limit is not None and limit < 1:
        raise BadInput("the limit of training images must be at least 1, not {limit}", limit=limit)
    train = prepared.indices("train")
    own, test = prepared.indices("val"), prepared.indices("test")
    test_split: Literal["val", "test"] = "test" if len(test) else "val"
    val_split: Literal["validation", "val", "test"] = test_split
    test = val = test if len(test) else own
    if validation > 0 and test_split == "test" and len(own):
        val, val_split = own, "val"
    elif validation > 0:
        chosen = stratified(prepared.labels[train], max(round(validation * len(train)), 1), seed=(seed, HOLD_OUT))
        val, val_split = train[chosen], "validation"
        train = np.delete(train, chosen)
    if limit is not None and limit < len(train):
        train = train[stratified(prepared.labels[train], limit, seed=(seed, LIMIT), whole=True)]
    if not len(train) or not len(val):
        raise BadInput(
            "{title} has too few images to hold out {validation:.0%} of them: choose a smaller {setting}, or "
            "a larger {setting2}",
            title=prepared.meta.title,
            validation=validation,
            setting=SettingName("data.validation"),
            setting2=SettingName("data.limit"),
        )
    return Parts(train, val, test, val_split, test_split)


def stratified(labels: np.ndarray, total: int, seed: int | tuple[int, ...], whole: bool = False) -> np.ndarray:
    """Choose `total` of the images with these labels (N,), each class in proportion: ascending indices.

    Every class gives at least one where that is possible. By default this is a hold-out: a class also keeps at
    least one (a lone image is kept), and giving one of each may exceed a small total. With `whole` a class may
    give all it has, the total is exact, and no class is promised an image if there are fewer images than classes.
    """
    classes, members = np.unique(labels, return_inverse=True)
    counts = np.bincount(members, minlength=len(classes))
    most = counts if whole else counts - 1
    least = np.minimum(most, 0 if whole and total < len(classes) else 1)
    random = np.random.default_rng(seed)
    chosen = [
        random.permutation(np.flatnonzero(members == one))[:share]
        for one, share in enumerate(_shares(counts, total, least, most))
    ]
    return np.sort(np.concatenate(chosen)) if chosen else np.arange(0)


def _shares(counts: np.ndarray, total: int, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """`total` in proportion to `counts`, by largest remainder within the bounds; whole numbers, so exact anywhere."""
    total = int(np.clip(total, least.sum(), most.sum()))
    quota = counts * total  # in units of 1 / sum(counts)
    shares: np.ndarray = np.clip(quota // counts.sum(), least, most)
    while (gap := total - int(shares.sum())) != 0:
        step = 1 if gap > 0 else -1
        open_ones = np.flatnonzero(shares < most if gap > 0 else shares > least)
        need = (quota - shares * counts.sum())[open_ones] * step
        neediest = open_ones[np.argsort(-need, kind="stable")[: abs(gap)]]
        shares[neediest] += step
    return shares
