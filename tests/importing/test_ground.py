"""Drawings of many sizes stay whole: their ground is found, kept, and fills what they lack of a square."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.files.paths import Workspace
from core.importing.ground import common_ground, widened
from core.loading.pixels import from_images
from core.run_config import RunConfig
from core.training.model import input_spec_of
from tests.datasets.makers import folder, prepared
from tests.inference.pens import CROSS, FIVE, TWO, sheet

BLACK, PAPER = (0, 0, 0), (251, 247, 240)


def png(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return content.getvalue()


def drawn(strokes: list, number: int, ground: tuple[int, ...] = BLACK) -> np.ndarray:
    """(H, W, 3): a sheet of paper with a sign on it, cut to the sign and two pixels around it."""
    strokes = [[(x * (0.4 + 0.1 * (number % 4)), y) for x, y in stroke] for stroke in strokes]
    ink = sheet(strokes, size=40 + 7 * number, pen=5, at=(30, 30), shape=(200, 200))
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    ink = ink[rows[0] - 2 : rows[-1] + 3, columns[0] - 2 : columns[-1] + 3]
    share = ink[..., None] / 255
    pen = 255.0 if ground == BLACK else 30.0
    return np.rint(share * pen + (1 - share) * np.array(ground)).astype(np.uint8)


def drawings(root: Path, ground: tuple[int, ...] = BLACK) -> Path:
    """A folder of twos, fives and crosses of many sizes."""
    signs = {"two": TWO, "five": FIVE, "cross": CROSS}
    return folder(root, {
        f"{name}/{number}.png": png(drawn(sign, number, ground)) for name, sign in signs.items() for number in range(9)
    })  # fmt: skip


def ink(images: np.ndarray, ground: float) -> np.ndarray:
    """How much of the whole of each image (N, …) is ink, by its strength."""
    return np.abs(images.astype(float) - ground).reshape(len(images), -1).mean(1)


@pytest.mark.parametrize("ground", [BLACK, PAPER])
def test_a_drawing_of_any_shape_is_shown_whole(workspace: Workspace, tmp_path: Path, ground: tuple[int, ...]) -> None:
    """As much of it is ink as the ground around it leaves; at the edges of the square there is none."""
    found = prepared(workspace, "folder", drawings(tmp_path / "signs", ground))
    assert found.meta.drawable and found.meta.ground == ground[: found.meta.channels]
    config = RunConfig().replace({"data.normalize": "zero_one", "data.size": 64})
    spec = input_spec_of(config, found.meta)
    level, lost = ground[0], []
    for index in range(found.meta.count):
        image = found.image(index)
        height, width = image.shape[:2]
        square = 255 * from_images([image], spec, "cpu").numpy()
        assert square.shape[2:] == (64, 64)
        there = ink(image[None, ..., 0], level)[0] * height * width
        lost.append(1 - ink(square[:, 0], level)[0] * max(height, width) ** 2 / there)
        edges = np.concatenate([square[0, 0, 0], square[0, 0, -1], square[0, 0, :, 0], square[0, 0, :, -1]])
        assert np.abs(edges - level).max() < 8
    assert np.abs(lost).max() < 0.06, "but for rounding to whole pixels"


def test_a_stroke_is_not_cut_however_long(workspace: Workspace, tmp_path: Path) -> None:
    root = drawings(tmp_path / "signs")
    for number in range(9):
        dash = np.pad(np.full((4, 60 + number), 255, np.uint8), 2)
        (root / "dash").mkdir(exist_ok=True)
        (root / "dash" / f"{number}.png").write_bytes(png(dash))
    found = prepared(workspace, "folder", root)
    longest = max(range(found.meta.count), key=lambda index: found.image(index).shape[1])
    image = found.image(longest)[..., 0]
    assert image.shape[1] == 72 and (image > 0).any(0).sum() == 68, "the whole dash and its margin"
    assert image.shape[1] <= 4 * image.shape[0]


def test_photographs_are_cut_as_before(workspace: Workspace, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    files = {
        f"{name}/{n}.png": png(random.integers(0, 256, (40 + n, 30 + 3 * n, 3), np.uint8))
        for name in "ab" for n in range(5)
    }  # fmt: skip
    found = prepared(workspace, "folder", folder(tmp_path / "photos", files))
    assert found.meta.ground is None and not found.meta.drawable and found.meta.size is None
    spec = input_spec_of(RunConfig(), found.meta)
    assert spec.photos and spec.ground is None


def test_a_ground_is_common_to_most_of_them() -> None:
    black, white = np.zeros((9, 7, 1), np.uint8), np.full((8, 8, 1), 250, np.uint8)
    assert common_ground([black] * 9 + [white]) == (0,)
    assert common_ground([black, *[white] * 9]) == (250,)
    assert common_ground([black, white]) is None
    assert common_ground([np.full((9, 9, 3), 128, np.uint8)]) is None


def test_a_stroke_that_touches_every_edge_does_not_decide() -> None:
    """An I that was cut to its ink is ink from edge to edge."""
    stroke, sign = np.full((20, 4, 1), 255, np.uint8), np.zeros((20, 14, 1), np.uint8)
    sign[2:18, 6:8] = 255
    assert common_ground([stroke, *[sign] * 5]) == (0,)


@pytest.mark.parametrize("shape", [(5, 41), (41, 5), (10, 40), (3, 3)])
def test_what_is_longer_than_four_to_one_gets_ground_at_its_sides(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(1, 255, (*shape, 3)).astype(np.uint8)
    wide = widened(image, (7, 8, 9))
    assert max(wide.shape[:2]) == max(shape) and max(wide.shape[:2]) <= 4 * min(wide.shape[:2])
    top, left = (wide.shape[0] - shape[0]) // 2, (wide.shape[1] - shape[1]) // 2
    assert np.array_equal(wide[top : top + shape[0], left : left + shape[1]], image)
    assert (wide == (7, 8, 9)).all(-1).sum() == wide.shape[0] * wide.shape[1] - shape[0] * shape[1]
