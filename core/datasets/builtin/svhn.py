"""Street View House Numbers: colour 32 × 32 images in MATLAB files."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import files_of, plain, split_list
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.locale import _

CHUNK = 10_000  # images handed on at a time


def _read(paths: Mapping[str, Path], _scratch: Path) -> Iterator[Block]:
    for split, path in zip(("train", "test"), paths.values(), strict=True):
        images, labels = _load(path)
        for start in range(0, len(labels), CHUNK):
            chosen = slice(start, start + CHUNK)
            yield Block(split, images[..., chosen].transpose(3, 0, 1, 2), labels[chosen])


def _load(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images as the file has them, (32, 32, 3, N) uint8, and labels (N,) 0 to 9."""
    from scipy.io import loadmat

    try:
        content = loadmat(path, variable_names=["X", "y"])
        images, labels = np.asarray(content["X"]), np.asarray(content["y"]).ravel()
    except Exception as error:  # a damaged file can raise anything
        raise broken(path, _("it cannot be read as a MATLAB file with X and y ({error})", error=error)) from error
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3) or not images.size:
        raise broken(path, _("its images are not 32 × 32 colour pixels"))
    if len(labels) != images.shape[3]:
        raise broken(
            path, _("it has {shape:count} images, but {labels:count} labels", shape=images.shape[3], labels=len(labels))
        )
    if labels.dtype.kind not in "iuf" or not np.isin(labels, range(1, 11)).all():
        raise broken(path, _("its labels are not all from 1 to 10"))
    return images, labels.astype(np.int64) % 10  # the file calls the digit 0 "10"


SPECS = (
    DatasetSpec(
        name="svhn",
        title="SVHN",
        about="House numbers cut out of street photographs: digits as in MNIST, but in colour, blurred and crowded.",
        classes=tuple("0123456789"),
        size=(32, 32),
        channels=3,
        counts={"train": 73_257, "test": 26_032},
        drawable=False,
        flips=False,
        homepage="http://ufldl.stanford.edu/housenumbers/",
        download_mb=246,
        layouts=(("train_32x32.mat", "test_32x32.mat"),),
        where="",
        folders=("", "SVHN", "svhn"),
        read=_read,
        download=files_of("SVHN", split_list),
        source=plain("SVHN", 'split="train"', 'split="test"'),
    ),
)
