"""Digits of MNIST, thinned to a hair, drawn somewhere on a large sheet, and read again by a quick classifier."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage.morphology import skeletonize
from sklearn.neighbors import KNeighborsClassifier

from core.datasets.drawing_style import DrawingStyle
from core.inference.drawing import plain_resize, read_drawing, to_input
from core.inference.drawing_style import measure
from core.inference.enlarged import drawing_on
from tests.conftest import LONG


def part(folder: Path, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    images = gzip.decompress((folder / "mnist" / f"{name}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "mnist" / f"{name}-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels[:count], np.frombuffer(labels, np.uint8, offset=8)[:count]


def redrawn(digit: np.ndarray, pen: float, size: int, random: np.random.Generator) -> np.ndarray:
    """Dark on light, somewhere on a sheet of 800 × 1050 pixels; `pen` in pixels."""
    rows, columns = np.nonzero(digit >= 128)
    cut = np.pad(digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32), 1)
    line = skeletonize(ndimage.zoom(cut, size / max(cut.shape), order=1) >= 128)
    line = np.pad(line, int(pen))
    line = (
        ndimage.binary_dilation(line, np.ones((2, 2))) if pen == 2 else ndimage.distance_transform_edt(~line) < pen / 2
    )
    sheet = np.full((800, 1050), 255, np.uint8)
    top, left = (int(random.integers(0, room - side)) for room, side in zip(sheet.shape, line.shape, strict=True))
    sheet[top : top + line.shape[0], left : left + line.shape[1]][line] = 0
    return sheet


@pytest.fixture(scope="module")
def learnt(real_data: Path) -> tuple[KNeighborsClassifier, DrawingStyle]:
    """A classifier that knows some digits, and their style."""
    images, labels = part(real_data, "train", 4000)
    return KNeighborsClassifier(3).fit(images.reshape(len(images), -1), labels), measure(images)


@pytest.mark.parametrize("thick", [pytest.param(False, marks=LONG), True])
def test_redrawn_digits_are_read_nearly_as_well_as_the_originals(
    real_data: Path, learnt: tuple[KNeighborsClassifier, DrawingStyle], thick: bool
) -> None:
    tests, answers = part(real_data, "t10k", 30)
    model, look = learnt
    random = np.random.default_rng(0)
    ours, plain = [], []
    for digit in tests:
        size = int(random.integers(60, 501))
        sheet = redrawn(digit, size * random.uniform(0.08, 0.22) if thick else 2, size, random)
        image = to_input(read_drawing(sheet), look)
        assert image is not None
        ours.append(image)
        plain.append(plain_resize(sheet, look.size))
    scores = [model.score(np.array(these).reshape(len(these), -1), answers) for these in (tests, ours, plain)]
    assert scores[1] >= scores[0] - 0.04
    assert scores[2] < 0.5


@pytest.mark.parametrize("how", [Image.Resampling.NEAREST, Image.Resampling.BICUBIC], ids=["squares", "blurred"])
def test_enlarged_images_are_read_as_well_as_the_originals(
    real_data: Path, learnt: tuple[KNeighborsClassifier, DrawingStyle], how: Image.Resampling
) -> None:
    tests, answers = part(real_data, "t10k", 60)
    model, look = learnt
    large = [255 - np.asarray(Image.fromarray(digit).resize((200, 200), how)) for digit in tests]
    found = [to_input(drawing_on(picture, look).ink, look) for picture in large]
    assert all(image is not None for image in found)
    ours, theirs = (model.score(np.array(these).reshape(60, -1), answers) for these in (found, tests))
    assert ours >= theirs - 0.02
