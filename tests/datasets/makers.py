"""Small data files in the formats that people have, made on the spot."""

import gzip
import io
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared.arrays import Prepared
from core.prepared.prepare import PrepareProgress, find, prepare

MNIST = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def pixels(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    """Random images (count, *shape) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()


def write(path: Path, content: bytes, *, packed: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    return path


def mnist(folder: Path, *, packed: bool = False, classes: int = 10) -> dict[str, np.ndarray]:
    """Forty training and twenty test images in the four files of MNIST; what is in each, by its name."""
    content = {
        MNIST[0]: pixels(40, 28, 28, seed=1),
        MNIST[1]: np.arange(40) % classes,
        MNIST[2]: pixels(20, 28, 28, seed=2),
        MNIST[3]: np.arange(20) % classes,
    }
    for name, array in content.items():
        write(folder / f"{name}{'.gz' * packed}", idx(array), packed=packed)
    return content


def python2_pickle(value: Any) -> bytes:
    """A pickle in the protocol of Python 2, as the CIFAR files are."""
    return pickle.dumps(value, protocol=2)


def cifar10() -> dict[str, bytes]:
    """The six batches of CIFAR-10 by name, ten images in each."""
    names = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
    return {
        f"cifar-10-batches-py/{name}": python2_pickle(
            {b"data": pixels(10, 3072, seed=seed), b"labels": list(range(10)), b"batch_label": b"one", b"filenames": []}
        )
        for seed, name in enumerate(names)
    }


def tar(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def image(
    size: tuple[int, int] = (12, 10), colour: Any = (200, 30, 60), mode: str = "RGB", kind: str = "PNG", **options: Any
) -> bytes:
    """One image file; `size` is (width, height) as Pillow has it."""
    content = io.BytesIO()
    Image.new(mode, size, colour).save(content, kind, **options)
    return content.getvalue()


def half_a_photograph() -> bytes:
    """A JPEG that ends in the middle, as after a broken copy."""
    content = io.BytesIO()
    Image.fromarray(pixels(1, 80, 80, 3)[0]).save(content, "JPEG")
    return content.getvalue()[: content.tell() // 2]


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        write(root / name, content)
    return root


def add(made: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    """The same bytes at every run, since tests change some of them: all members are of one day."""
    for name, content in files.items():
        made.writestr(zipfile.ZipInfo(name, (2001, 2, 3, 0, 0, 0)), content, made.compression)


def zipped(files: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packing) as made:
        add(made, files)
    return content.getvalue()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    return write(path, zipped(files))


def two_classes(prefix: str = "", count: int = 5) -> dict[str, bytes]:
    """Some images of ants and of bees, each of its own colour."""
    return {
        f"{prefix}{name}/{number}.png": image(colour=(first + number, 0, 0))
        for name, first in (("ants", 0), ("bees", 100))
        for number in range(count)
    }


def prepared(workspace: Workspace, name: str, path: Path | None = None) -> Prepared:
    """Prepare to the end."""
    source = DataSource(name, None if path is None else str(path))
    list(prepare(source, workspace))
    found = find(source, workspace)
    assert found is not None
    return found


def reports(workspace: Workspace, name: str, path: Path | None = None) -> list[PrepareProgress]:
    return list(prepare(DataSource(name, None if path is None else str(path)), workspace))
