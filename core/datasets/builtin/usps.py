"""USPS: grey 16 × 16 digits from envelopes, as lines of text in LIBSVM's form, packed with bzip2."""

import bz2
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import files_of, plain, split_list
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.errors import reason
from core.locale import _

CHUNK = 1000  # lines read at a time
LINE = 16_384  # bytes that one line may have; they have some three thousand
SIDE = 16  # pixels


def _read(paths: Mapping[str, Path], _scratch: Path) -> Iterator[Block]:
    for split, path in zip(("train", "test"), paths.values(), strict=True):
        numbered = enumerate(_lines(path), 1)
        done = 0
        while chunk := [_digit(line, number, path) for number, line in islice(numbered, CHUNK)]:
            images, labels = zip(*chunk, strict=True)
            yield Block(split, np.stack(images), np.array(labels))
            done += len(chunk)
        if not done:
            raise broken(path, _("it is empty"))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with bz2.open(path) as file:
            while line := file.readline(LINE):
                yield line
    except (OSError, EOFError) as error:
        raise broken(path, _("it cannot be unpacked ({reason})", reason=reason(error))) from error


def _digit(line: bytes, number: int, path: Path) -> tuple[np.ndarray, int]:
    """An image (16, 16, 1) and its label, of a line `7 1:-1 2:-0.98 … 256:-1`: the digit and one, then grey levels
    from -1 to 1."""
    try:
        label, *pixels = line.decode("ascii").split()
        levels = np.asarray([pixel.split(":")[1] for pixel in pixels], np.float32)
        digit = int(label) - 1
    except (ValueError, IndexError) as error:
        raise broken(path, _("line {number:count} is no label with numbered grey levels", number=number)) from error
    if len(levels) != SIDE * SIDE or not (np.abs(levels) <= 1).all():
        raise broken(
            path, _("line {number:count} has no {side} grey levels from -1 to 1", number=number, side=SIDE * SIDE)
        )
    if not 0 <= digit <= 9:
        raise broken(
            path, _("line {number:count} has the label {digit}; they are from 1 to 10", number=number, digit=digit + 1)
        )
    return ((levels + 1) / 2 * 255).astype(np.uint8).reshape(SIDE, SIDE, 1), digit


SPECS = (
    DatasetSpec(
        name="usps",
        title="USPS",
        about="Handwritten digits from envelopes of the US mail: fewer and coarser than MNIST's, and its test part is "
        "harder.",
        classes=tuple("0123456789"),
        size=(SIDE, SIDE),
        channels=1,
        counts={"train": 7_291, "test": 2_007},
        drawable=True,
        flips=False,
        homepage="https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps",
        download_mb=8,
        layouts=(("usps.bz2", "usps.t.bz2"),),
        where="",
        folders=("", "USPS", "usps"),
        read=_read,
        download=files_of("USPS", split_list),
        source=plain("USPS"),
    ),
)
