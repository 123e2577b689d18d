"""Which images a model learns from, and which ones it is measured on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.datasets.stratified import hold_out, stratified
from core.errors import BadInput
from core.locale import _
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
    share of the training images that is held out, all copies of an image on the same side. `limit` then cuts what is
    left for training, stratified. The same seed gives the same parts. BadInput if nothing would be left to train on.
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
        held_out = max(round(validation * len(train)), 1)
        copies = None if prepared.copies is None else prepared.copies[train]
        chosen = hold_out(prepared.labels[train], held_out, (seed, HOLD_OUT), copies)
        val, val_split = train[chosen], "validation"
        train = np.delete(train, chosen)
    if limit is not None and limit < len(train):
        train = train[stratified(prepared.labels[train], limit, seed=(seed, LIMIT), whole=True)]
    if not len(train) or not len(val):
        raise BadInput(
            "{title:name} has too few images to hold out {validation:.0%} of them: choose a smaller {setting}, or "
            "a larger {limit}",
            title=prepared.meta.title,
            validation=validation,
            setting=SettingName("data.validation"),
            limit=SettingName("data.limit"),
        )
    return Parts(train, val, test, val_split, test_split)


def role(own: str, splits: Mapping[str, int]) -> str:
    """What the images that a data set calls train, val or test are to every run. A set's `val` without a `test` beside
    it is the test part: it alone gives the final score, whether or not a run holds out other images for validation, so
    it has that one name everywhere."""
    return "test" if own == "val" and not splits.get("test") else own


def val_is_test(splits: Mapping[str, int]) -> str:
    """What becomes of the images that a set calls val where it has no test; "" if it has."""
    if not splits.get("val") or role("val", splits) != "test":
        return ""
    return _(
        "It has validation images and no test images. They are the test images here, as every run's final score is "
        "measured on them; a run that holds out validation images takes those from the training images."
    )


def by_name(prepared: Prepared, parts: Parts) -> dict[str, np.ndarray]:
    """The images of a run by the name of the part that they were used as: test, val where there is one, train. Without
    validation images nothing is called so, unless the set brings some that the run has never seen. No image is in two
    parts."""
    unseen = prepared.indices("val") if parts.test_split == "test" else np.arange(0)
    found = {"test": parts.test, "val": parts.val if parts.held_out else unseen, "train": parts.train}
    return {name: indices for name, indices in found.items() if len(indices)}


def copies_of_training(prepared: Prepared, parts: Parts, indices: np.ndarray) -> int:
    """How many of these images have the same pixels as one that the run learns from; 0 where copies were not
    counted."""
    if prepared.copies is None or indices is parts.train:
        return 0
    return int(np.isin(prepared.copies[indices], prepared.copies[parts.train]).sum())
