"""The 8 × 8 digits that come with scikit-learn: no files and no network needed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block
from core.datasets.catalog import PREVIEWS, DatasetSpec, PlainSource
from core.datasets.drawing_style import DrawingStyle
from core.datasets.measured import Measured
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


PAIRS = f"""digits = load_digits()  # of scikit-learn: 1797 images of 8 × 8 pixels, from 0 to 16
pairs = list(zip((digits.images * 255 / 16).round().astype("uint8"), digits.target))
train_pairs, test_pairs = train_test_split(pairs, test_size={TEST}, stratify=digits.target, random_state=0)
"""
CLASS = """class Digits(Dataset):  # pairs of an image and its digit
    def __init__(self, pairs, transform):
        self.pairs, self.transform = pairs, transform

    def __len__(self):  # a DataLoader asks how many there are,
        return len(self.pairs)

    def __getitem__(self, index):  # and for each by its number
        pixels, label = self.pairs[index]
        return self.transform(Image.fromarray(pixels)), label


"""
LISTED = PlainSource(
    parts={
        part: f"[({{transform}}(Image.fromarray(pixels)), label) for pixels, label in {part}_pairs]"
        for part in ("train", "test")
    },
    imports="from sklearn.datasets import load_digits\nfrom sklearn.model_selection import train_test_split\n",
    before=PAIRS,
    line="digits = load_digits()",
    arrays=f"""digits = load_digits()
images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]  # grey levels come as 0–16
labels = digits.target.astype(np.int64)
chosen = stratified(labels, {TEST}, seed=0)
order = np.concatenate([np.setdiff1d(np.arange(len(labels)), chosen), chosen])  # the training images first
images, labels = images[order], labels[order]
""",
    needs=(stratified,),
)
ANEW = replace(
    LISTED,
    parts={part: f"Digits({part}_pairs, {{transform}})" for part in ("train", "test")},
    before=f"{CLASS}{PAIRS}",
)

STYLE = DrawingStyle(
    height=8, width=8, light_on_dark=True, peak=255, paper=0, stroke=1.374, thickest=2.167, extent=7.928,
    slant=(-0.113, 0.202), widest=0.701, blur=0.283, centred="box", centre=(4.0, 4.082), margin=None, own=(),
)  # fmt: skip

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
        source=replace(LISTED, anew=ANEW),
        measured=Measured((0.3056,), (0.376,), STYLE),
        preview=PREVIEWS / "digits.png",
    ),
)
