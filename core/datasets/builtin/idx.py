"""The MNIST family: grey 28 × 28 images in IDX files, plain or compressed with gzip."""

import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import torchvision_set
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.formatting import count

CHUNK = 10_000  # images read at a time
MAGIC = {1: b"\x00\x00\x08\x01", 3: b"\x00\x00\x08\x03"}  # unsigned bytes in one dimension, in three


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """The file's content, unpacked if it is compressed: told by its first bytes, as browsers unpack silently."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if packed:
                with gzip.open(file) as unpacked:
                    yield unpacked
            else:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(path, f"its compressed data are damaged ({error})") from error


def _dimensions(file: IO[bytes] | gzip.GzipFile, path: Path, count: int) -> tuple[int, ...]:
    head = file.read(4 + 4 * count)
    if head[:4] != MAGIC[count] or len(head) < 4 + 4 * count:
        kind = "images" if count == 3 else "labels"
        raise broken(path, f"it does not start like an IDX file of {kind}")
    return tuple(int(size) for size in np.frombuffer(head, ">u4", offset=4))


def _chunks(path: Path, size: tuple[int, ...]) -> Iterator[tuple[int, np.ndarray]]:
    """The items of an IDX file, (n, *size) uint8 at a time, each chunk with the number of items in the file."""
    with _opened(path) as file:
        total, *found = _dimensions(file, path, len(size) + 1)
        if tuple(found) != size:
            raise broken(path, f"its images are {' × '.join(map(str, found))} pixels, not {size[0]} × {size[1]}")
        if total == 0:
            raise broken(path, "it is empty")
        item = math.prod(size)
        for start in range(0, total, CHUNK):
            wanted = min(CHUNK, total - start)
            content = file.read(wanted * item)
            if len(content) < wanted * item:
                raise broken(path, f"it ends early: {count(start + len(content) // item)} of {count(total)} are there")
            yield total, np.frombuffer(content, np.uint8).reshape(wanted, *size)
        if file.read(1):
            raise broken(path, f"it goes on after its {count(total)} items")


def _read(
    paths: Mapping[str, Path], *, size: tuple[int, int], classes: int, first: int = 0, transposed: bool = False
) -> Iterator[Block]:
    """Blocks of the four files of a set. Labels count from `first`; some sets keep images mirrored at the diagonal."""
    files = list(paths)
    for split, images_file, labels_file in (("train", *files[:2]), ("test", *files[2:])):
        labels = np.concatenate([chunk for _, chunk in _chunks(paths[labels_file], ())]).astype(np.int64) - first
        if labels.min() < 0 or labels.max() >= classes:
            raise broken(paths[labels_file], f"its labels are not all from {first} to {first + classes - 1}")
        start = 0
        for total, images in _chunks(paths[images_file], size):
            if total != len(labels):
                raise broken(
                    paths[images_file], f"it has {count(total)} images, but there are {count(len(labels))} labels"
                )
            upright = images.transpose(0, 2, 1) if transposed else images
            yield Block(split, upright[..., None], labels[start : start + len(images)])
            start += len(images)


def _files(prefix: str = "", test: str = "t10k") -> tuple[tuple[str, ...], ...]:
    return (
        tuple(f"{prefix}{part}-{kind}-ubyte.gz" for part in ("train", test) for kind in ("images-idx3", "labels-idx1")),
    )


DIGITS = tuple("0123456789")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
BALANCED = (*DIGITS, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *"abdefghnqrt")  # the other small letters look like capitals
SIZE = (28, 28)

SPECS = (
    DatasetSpec(
        name="mnist",
        title="MNIST",
        about="Handwritten digits, the classic first data set: a small network passes 97 % within a minute.",
        classes=DIGITS,
        size=SIZE,
        channels=1,
        counts={"train": 60_000, "test": 10_000},
        drawable=True,
        flips=False,
        homepage="http://yann.lecun.com/exdb/mnist/",
        layouts=_files(),
        where="MNIST/raw",
        folders=("MNIST/raw", "MNIST", "mnist", "mnist/raw"),
        read=partial(_read, size=SIZE, classes=10),
        download=torchvision_set("MNIST"),
    ),
    DatasetSpec(
        name="fashion-mnist",
        title="Fashion-MNIST",
        about="Small grey pictures of clothes. As quick as MNIST but harder: shirts and pullovers look alike.",
        classes=FASHION,
        size=SIZE,
        channels=1,
        counts={"train": 60_000, "test": 10_000},
        drawable=False,
        flips=True,
        homepage="https://github.com/zalandoresearch/fashion-mnist",
        layouts=_files(),
        where="FashionMNIST/raw",
        folders=("FashionMNIST/raw", "FashionMNIST", "fashion-mnist", "fashionmnist", "fashion_mnist"),
        read=partial(_read, size=SIZE, classes=10),
        download=torchvision_set("FashionMNIST"),
    ),
    DatasetSpec(
        name="kmnist",
        title="Kuzushiji-MNIST",
        about="Ten Japanese characters in old cursive writing, where one character can be written in several ways.",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        size=SIZE,
        channels=1,
        counts={"train": 60_000, "test": 10_000},
        drawable=True,
        flips=False,
        homepage="http://codh.rois.ac.jp/kmnist/",
        layouts=_files(),
        where="KMNIST/raw",
        folders=("KMNIST/raw", "KMNIST", "kmnist"),
        read=partial(_read, size=SIZE, classes=10),
        download=torchvision_set("KMNIST"),
    ),
    DatasetSpec(
        name="emnist-letters",
        title="EMNIST letters",
        about="Handwritten letters, capital and small ones in one class each. Some, like i and l, stay ambiguous.",
        classes=LETTERS,
        size=SIZE,
        channels=1,
        counts={"train": 124_800, "test": 20_800},
        drawable=True,
        flips=False,
        homepage="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        layouts=_files("emnist-letters-", "test"),
        where="EMNIST/raw",
        folders=("EMNIST/raw", "EMNIST/raw/gzip", "EMNIST", "emnist", "emnist/gzip", "gzip"),
        read=partial(_read, size=SIZE, classes=26, first=1, transposed=True),
        download=torchvision_set("EMNIST", {"split": "letters"}),
    ),
    DatasetSpec(
        name="emnist-balanced",
        title="EMNIST balanced",
        about="Handwritten digits and letters, 47 classes of equal size; small letters have their own class only "
        "where they differ from the capital.",
        classes=BALANCED,
        size=SIZE,
        channels=1,
        counts={"train": 112_800, "test": 18_800},
        drawable=True,
        flips=False,
        homepage="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        layouts=_files("emnist-balanced-", "test"),
        where="EMNIST/raw",
        folders=("EMNIST/raw", "EMNIST/raw/gzip", "EMNIST", "emnist", "emnist/gzip", "gzip"),
        read=partial(_read, size=SIZE, classes=47, transposed=True),
        download=torchvision_set("EMNIST", {"split": "balanced"}),
    ),
)
