"""The MNIST family: grey 28 × 28 images in IDX files, plain or compressed with gzip."""

import gzip
import math
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import file_name, files_of, plain, unpacked
from core.datasets.catalog import PREVIEWS, DatasetSpec, PlainSource
from core.datasets.drawing_style import DrawingStyle
from core.datasets.local_copies import broken
from core.datasets.measured import Measured
from core.locale import _

CHUNK = 10_000  # images read at a time


class _Kind(NamedTuple):
    """What an IDX file holds: its second two bytes say the type of a number, and in how many dimensions."""

    code: int
    dtype: str
    words: str


IMAGES = _Kind(8, "u1", "images")
LABELS = _Kind(8, "u1", "labels")
RECORDS = _Kind(12, ">i4", "labels")  # QMNIST: eight numbers about each image, the class first


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """The file's content, unpacked if its first bytes show that it is compressed: browsers unpack silently."""
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
        raise broken(path, _("its compressed data are damaged ({error})", error=error)) from error


def _dimensions(file: IO[bytes] | gzip.GzipFile, path: Path, kind: _Kind, count: int) -> tuple[int, ...]:
    head = file.read(4 + 4 * count)
    if head[:4] != bytes([0, 0, kind.code, count]) or len(head) < 4 + 4 * count:
        raise broken(path, _("it does not start like an IDX file of {words}", words=kind.words))
    return tuple(int(size) for size in np.frombuffer(head, ">u4", offset=4))


def _chunks(path: Path, kind: _Kind, size: tuple[int, ...]) -> Iterator[tuple[int, np.ndarray]]:
    """The items of an IDX file, (n, *size) at a time, each chunk with the number of items in the file."""
    with _opened(path) as file:
        total, *found = _dimensions(file, path, kind, len(size) + 1)
        if tuple(found) != size and kind is RECORDS:
            raise broken(
                path, _("it has {found:count} numbers about each image, not {size}", found=found[0], size=size[0])
            )
        if tuple(found) != size:
            raise broken(
                path,
                _(
                    "its images are {found} pixels, not {height} × {width}",
                    found=" × ".join(map(str, found)),
                    height=size[0],
                    width=size[1],
                ),
            )
        if total == 0:
            raise broken(path, _("it is empty"))
        item = math.prod(size) * np.dtype(kind.dtype).itemsize
        for start in range(0, total, CHUNK):
            wanted = min(CHUNK, total - start)
            content = file.read(wanted * item)
            if len(content) < wanted * item:
                raise broken(
                    path,
                    _(
                        "it ends early: {done:count} of {total:count} are there",
                        done=start + len(content) // item,
                        total=total,
                    ),
                )
            yield total, np.frombuffer(content, kind.dtype).reshape(wanted, *size)
        if file.read(1):
            raise broken(path, _("it goes on after its {total:count} items", total=total))


def read_idx(
    paths: Mapping[str, Path],
    _scratch: Path,
    *,
    size: tuple[int, int],
    classes: int,
    first: int = 0,
    transposed: bool = False,
    records: int = 0,
) -> Iterator[Block]:
    """Blocks of the four files of a set. Labels count from `first`; some sets keep images mirrored at the diagonal,
    and one has `records` numbers about each image, of which the first is the label."""
    files = list(paths)
    for split, images_file, labels_file in (("train", *files[:2]), ("test", *files[2:])):
        kind, shape = (RECORDS, (records,)) if records else (LABELS, ())
        numbers = np.concatenate([chunk for _, chunk in _chunks(paths[labels_file], kind, shape)])
        labels = numbers.reshape(len(numbers), -1)[:, 0].astype(np.int64) - first
        if labels.min() < 0 or labels.max() >= classes:
            raise broken(
                paths[labels_file],
                _("its labels are not all from {first} to {last}", first=first, last=first + classes - 1),
            )
        start = 0
        for total, images in _chunks(paths[images_file], IMAGES, size):
            if total != len(labels):
                raise broken(
                    paths[images_file],
                    _(
                        "it has {total:count} images, but there are {labels:count} labels",
                        total=total,
                        labels=len(labels),
                    ),
                )
            upright = images.transpose(0, 2, 1) if transposed else images
            yield Block(split, upright[..., None], labels[start : start + len(images)])
            start += len(images)


def idx_files(prefix: str = "", test: str = "t10k", labels: str = "labels-idx1-ubyte") -> tuple[tuple[str, ...], ...]:
    """One layout: the images and the labels of the training part, then those of the test part, packed."""
    kinds = ("images-idx3-ubyte", labels)
    return (tuple(f"{prefix}{part}-{kind}.gz" for part in ("train", test) for kind in kinds),)


def _mirrored(kind: Any) -> list[tuple[tuple[str, ...], str, str]]:
    where = f"{kind.__name__}/raw"
    return [(tuple(mirror + name for mirror in kind.mirrors), f"{where}/{name}", md5) for name, md5 in kind.resources]


def _emnist(kind: Any) -> list[tuple[tuple[str, ...], str, str]]:
    return [((kind.url,), f"EMNIST/raw/{file_name(kind.url)}", kind.md5)]


def _unpacked_emnist(archive: Path) -> None:
    """All six sets come in one ZIP, in a folder `gzip`. What lies there goes beside the ZIP, as torchvision does."""
    unpacked(archive)
    inside = archive.with_name("gzip")
    for packed in sorted(inside.glob("*.gz")):
        unpacked(packed)
        packed.with_suffix("").rename(archive.with_name(packed.stem))
    shutil.rmtree(inside)


def _qmnist(kind: Any) -> list[tuple[tuple[str, ...], str, str]]:
    parts = [*kind.resources["train"], *kind.resources["test"]]
    return [((url,), f"QMNIST/raw/{file_name(url)}", md5) for url, md5 in parts]


def _plain_emnist(split: str, more: str = "") -> PlainSource:
    """torchvision shows the images as the files hold them, mirrored at the diagonal."""
    upright = "v2.Lambda(lambda image: image.transpose(Image.Transpose.TRANSPOSE))"
    train, test = (f'split="{split}", train={learnt}' for learnt in (True, False))
    return plain("EMNIST", train, test, more=more, upright=upright)


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

# What the six sets of EMNIST have in common, of which two are here: one archive, one place.
emnist = partial(
    DatasetSpec,
    size=SIZE,
    channels=1,
    drawable=True,
    flips=False,
    homepage="https://www.nist.gov/itl/products-and-services/emnist-dataset",
    where="EMNIST/raw",
    folders=("EMNIST/raw", "EMNIST/raw/gzip", "EMNIST", "emnist", "emnist/gzip", "gzip"),
    download=files_of("EMNIST", _emnist, _unpacked_emnist),
    download_mb=562,
)

HANDWRITING = DrawingStyle(
    height=28, width=28, light_on_dark=True, peak=255, paper=0, stroke=2.402, thickest=3.717, extent=19.963,
    slant=(-0.462, 0.249), widest=1.095, blur=0.306, centred="mass", centre=(14.501, 14.482), margin=None, own=(),
)  # fmt: skip

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
        download_mb=12,
        layouts=idx_files(),
        where="MNIST/raw",
        folders=("MNIST/raw", "MNIST", "mnist", "mnist/raw"),
        read=partial(read_idx, size=SIZE, classes=10),
        download=files_of("MNIST", _mirrored, unpacked),
        source=plain("MNIST"),
        measured=Measured((0.1307,), (0.3082,), HANDWRITING),
        preview=PREVIEWS / "mnist.png",
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
        download_mb=31,
        layouts=idx_files(),
        where="FashionMNIST/raw",
        folders=("FashionMNIST/raw", "FashionMNIST", "fashion-mnist", "fashionmnist", "fashion_mnist"),
        read=partial(read_idx, size=SIZE, classes=10),
        download=files_of("FashionMNIST", _mirrored, unpacked),
        source=plain("FashionMNIST"),
        measured=Measured((0.286,), (0.353,)),
        preview=PREVIEWS / "fashion-mnist.png",
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
        download_mb=21,
        layouts=idx_files(),
        where="KMNIST/raw",
        folders=("KMNIST/raw", "KMNIST", "kmnist"),
        read=partial(read_idx, size=SIZE, classes=10),
        download=files_of("KMNIST", _mirrored, unpacked),
        source=plain("KMNIST"),
    ),
    emnist(
        name="emnist-letters",
        title="EMNIST letters",
        about="Handwritten letters, capital and small ones in one class each. Some, like i and l, stay ambiguous.",
        classes=LETTERS,
        counts={"train": 124_800, "test": 20_800},
        layouts=idx_files("emnist-letters-", "test"),
        read=partial(read_idx, size=SIZE, classes=26, first=1, transposed=True),
        source=_plain_emnist("letters", ", target_transform=lambda label: label - 1"),
    ),
    emnist(
        name="emnist-balanced",
        title="EMNIST balanced",
        about="Handwritten digits and letters, 47 classes of equal size; small letters have their own class only "
        "where they differ from the capital.",
        classes=BALANCED,
        counts={"train": 112_800, "test": 18_800},
        layouts=idx_files("emnist-balanced-", "test"),
        read=partial(read_idx, size=SIZE, classes=47, transposed=True),
        source=_plain_emnist("balanced"),
    ),
    DatasetSpec(
        name="qmnist",
        title="QMNIST",
        about="MNIST made anew from its sources, with all 60,000 test digits that were meant for it; the first 10,000 "
        "of them are MNIST's own.",
        classes=DIGITS,
        size=SIZE,
        channels=1,
        counts={"train": 60_000, "test": 60_000},
        drawable=True,
        flips=False,
        homepage="https://github.com/facebookresearch/qmnist",
        download_mb=20,
        layouts=idx_files("qmnist-", "test", "labels-idx2-int"),
        where="QMNIST/raw",
        folders=("QMNIST/raw", "QMNIST", "qmnist"),
        read=partial(read_idx, size=SIZE, classes=10, records=8),
        download=files_of("QMNIST", _qmnist, unpacked),
        source=plain("QMNIST", 'what="train"', 'what="test"'),
    ),
)
