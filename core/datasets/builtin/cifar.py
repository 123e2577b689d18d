"""CIFAR-10 and CIFAR-100: colour 32 × 32 images in pickled batches, in a folder or still in their archive."""

import gzip
import io
import pickle
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.blocks import Block
from core.datasets.builtin._torchvision import files_of, plain, unpacked
from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import broken
from core.datasets.measured import Measured
from core.locale import _

MAX_BATCH_BYTES = 1 << 28  # bytes that one batch may have; CIFAR-100's training batch has 155 MB
PIXELS = (3, 32, 32)  # how a row of a batch is laid out


class _Batch(pickle.Unpickler):
    """Reads what these files hold (dicts, lists, bytes and arrays) and refuses anything else a pickle can do."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes in Python 2's protocol
            return lambda text, _: text.encode("latin-1")
        if module.split(".")[0] == "numpy" and name in ("_reconstruct", "ndarray", "dtype"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(
            _("it holds a {module}.{name}, which no CIFAR file does", module=module, name=name)
        )


def _read(
    paths: Mapping[str, Path],
    _scratch: Path,
    *,
    archive: str,
    train: tuple[str, ...],
    test: str,
    key: bytes,
    classes: int,
) -> Iterator[Block]:
    names = [*train, test]
    source = _unpacked(paths[archive], names) if archive in paths else _files(paths)
    for name in names:
        path, content = source(name)
        yield _block(path, content, "test" if name == test else "train", key, classes)


def _files(paths: Mapping[str, Path]) -> Callable[[str], tuple[Path, bytes]]:
    by_name = {Path(name).name: path for name, path in paths.items()}
    return lambda name: (by_name[name], by_name[name].read_bytes())


def _unpacked(archive: Path, names: list[str]) -> Callable[[str], tuple[Path, bytes]]:
    """The members of the archive, read in one pass (it cannot be read out of order) and never written to disk."""
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r|*") as tar:
            for member in tar:
                name = member.name.rsplit("/", 1)[-1]
                if (
                    name in names
                    and member.isfile()
                    and member.size <= MAX_BATCH_BYTES
                    and (file := tar.extractfile(member))
                ):
                    members[name] = file.read()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(archive, _("it cannot be unpacked ({error})", error=error)) from error
    if absent := [name for name in names if name not in members]:
        raise broken(archive, _("it has no {absent}", absent=", ".join(absent)))
    return lambda name: (archive / name, members.pop(name))


def _block(path: Path, content: bytes, split: str, key: bytes, classes: int) -> Block:
    try:
        batch = _Batch(io.BytesIO(content), encoding="bytes").load()
        images = np.asarray(batch[b"data"])
        labels = np.asarray(batch[key])
    except Exception as error:  # a damaged pickle can raise anything
        raise broken(path, _("it cannot be read as a batch of images ({error})", error=error)) from error
    if images.dtype != np.uint8 or images.ndim != 2 or images.shape[1] != 3072 or not len(images):
        raise broken(path, _("its images are not rows of {size:count} bytes", size=3072))
    if labels.shape != (len(images),):
        raise broken(
            path, _("it has {images:count} images, but {size:count} labels", images=len(images), size=labels.size)
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise broken(path, _("its labels are not all from 0 to {last}", last=classes - 1))
    return Block(split, images.reshape(-1, *PIXELS).transpose(0, 2, 3, 1), labels.astype(np.int64))


CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
NAMES100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
    man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
    pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
    tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
CIFAR100 = tuple(NAMES100.split())
BATCHES10 = tuple(f"data_batch_{number}" for number in range(1, 6))


def _spec(
    name: str,
    title: str,
    about: str,
    classes: tuple[str, ...],
    folder: str,
    archive: str,
    train: tuple[str, ...],
    test: str,
    key: bytes,
    measured: Measured | None = None,
) -> DatasetSpec:
    return DatasetSpec(
        name=name,
        title=title,
        about=about,
        classes=classes,
        size=(32, 32),
        channels=3,
        counts={"train": 50_000, "test": 10_000},
        drawable=False,
        flips=True,
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        download_mb=170,
        layouts=((archive,), tuple(f"{folder}/{batch}" for batch in (*train, test)), (*train, test)),
        where="",
        folders=("", title.replace("-", ""), name, title),
        read=partial(_read, archive=archive, train=train, test=test, key=key, classes=len(classes)),
        source=plain(title.replace("-", "")),
        measured=measured,
        download=files_of(title.replace("-", ""), lambda kind: [((kind.url,), kind.filename, kind.tgz_md5)], unpacked),
    )


SPECS = (
    _spec(
        "cifar10",
        "CIFAR-10",
        "Small colour photographs of animals and vehicles. The step from digits to real images: here convolutions pay.",
        CIFAR10,
        "cifar-10-batches-py",
        "cifar-10-python.tar.gz",
        BATCHES10,
        "test_batch",
        b"labels",
        Measured((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    ),
    _spec(
        "cifar100",
        "CIFAR-100",
        "Small colour photographs in a hundred classes with only 500 training images each: hard without augmentation.",
        CIFAR100,
        "cifar-100-python",
        "cifar-100-python.tar.gz",
        ("train",),
        "test",
        b"fine_labels",
    ),
)
