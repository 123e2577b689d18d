"""The 8 × 8 digits that come with scikit-learn: no files and no network needed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block
from core.datasets.catalog import DatasetSpec
from core.datasets.stratified import stratified

TEST = 360  # of 1,797: the set has no test part of its own, so this one never changes


def _read(_paths: Mapping[str, Path], _scratch: Path) -> Iterator[Block]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]  # grey levels come as 0–16
    labels = digits.target.astype(np.int64)
    test = stratified(labels, TEST, seed=0)
    train = np.setdiff1d(np.arange(len(labels)), test)
    yield Block("train", images[train], labels[train])
    yield Block("test", images[test], labels[test])


SPECS = (
    DatasetSpec(
        name="digits",
        title="Digits (8 × 8)",
        about="Tiny grey digits from scikit-learn. A model trains in seconds, so it is the place to try things out.",
        classes=tuple("0123456789"),
        size=(8, 8),
        channels=1,
        counts={"train": 1437, "test": TEST},
        drawable=True,
        flips=False,
        homepage="https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html",
        layouts=((),),
        where="",
        folders=("",),
        read=_read,
    ),
)
