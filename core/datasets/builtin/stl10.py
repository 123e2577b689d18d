"""STL-10: colour 96 × 96 images as plain bytes, in a folder or still in their archive. Those without a label, most
of its images, are not read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import files_of, plain
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.datasets.packed import Spool, opened
from core.datasets.progress import PrepareProgress
from core.locale import _

CHUNK = 500  # images read at a time
SIDE = 96  # pixels
IMAGE = 3 * SIDE * SIDE  # bytes
ARCHIVE = "stl10_binary.tar.gz"
NAMES = tuple(f"stl10_binary/{part}_{kind}.bin" for part in ("train", "test") for kind in ("X", "y"))


class _Part(NamedTuple):
    """Where the content of one file lies."""

    shown: Path  # the name of the file in messages
    path: Path
    start: int  # bytes into `path`
    length: int  # bytes


def _read(paths: Mapping[str, Path], scratch: Path) -> Iterator[PrepareProgress | Block]:
    if ARCHIVE in paths:
        files = yield from opened(paths[ARCHIVE], scratch, only=NAMES)
        if not isinstance(files, Spool):
            raise broken(paths[ARCHIVE], _("it is no tar archive"))
        parts = [_Part(files.where(name), *files.place(name)) for name in NAMES]
    else:
        parts = [_Part(path, path, 0, path.stat().st_size) for path in paths.values()]
    yield from _blocks("train", *parts[:2])
    yield from _blocks("test", *parts[2:])


def _blocks(split: str, images: _Part, labels: _Part) -> Iterator[Block]:
    total, rest = divmod(images.length, IMAGE)
    if rest or not total:
        raise broken(images.shown, _("it does not hold images of {image:count} bytes each", image=IMAGE))
    if labels.length != total:
        raise broken(
            images.shown,
            _("it has {total:count} images, but there are {length:count} labels", total=total, length=labels.length),
        )
    numbers = np.fromfile(labels.path, np.uint8, total, offset=labels.start).astype(np.int64) - 1
    if numbers.min() < 0 or numbers.max() > 9:
        raise broken(labels.shown, _("its labels are not all from 1 to 10"))
    with images.path.open("rb") as file:
        file.seek(images.start)
        for start in range(0, total, CHUNK):
            wanted = min(CHUNK, total - start)
            block = np.frombuffer(file.read(wanted * IMAGE), np.uint8).reshape(wanted, 3, SIDE, SIDE)
            # The file goes through each image column by column.
            yield Block(split, block.transpose(0, 3, 2, 1), numbers[start : start + wanted])


SPECS = (
    DatasetSpec(
        name="stl10",
        title="STL-10",
        about="Photographs as in CIFAR-10, nine times as large, but only 500 of each class to learn from. Its 100,000 "
        "images without a label are not used.",
        classes=("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),
        size=(SIDE, SIDE),
        channels=3,
        counts={"train": 5_000, "test": 8_000},
        drawable=False,
        flips=True,
        homepage="https://cs.stanford.edu/~acoates/stl10/",
        download_mb=2640,
        layouts=((ARCHIVE,), NAMES, tuple(name.split("/")[1] for name in NAMES)),
        where="",
        folders=("", "STL10", "stl10", "stl10_binary"),
        read=_read,
        source=plain("STL10", 'split="train"', 'split="test"'),
        download=files_of("STL10", lambda kind: [((kind.url,), kind.filename, kind.tgz_md5)]),
    ),
)
