"""Images that are there more than once."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.copies import Copies, first_of_copies, pixel_digest
from core.errors import Problem
from core.files.paths import Workspace
from core.loading.split import copies_of_training, parts
from tests.datasets.makers import prepared


def png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


Make = Callable[[dict[str, bytes]], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A folder of these files."""

    def write(files: dict[str, bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / "noise" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / "noise"

    return write


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)


def test_the_pixels_decide_and_their_arrangement() -> None:
    image = noise(0)
    assert pixel_digest(image) == pixel_digest(image.copy())
    assert pixel_digest(image) != pixel_digest(image.reshape(4, 16, 3))
    assert pixel_digest(image) != pixel_digest(noise(1))


def test_the_first_one_stands_for_all_of_its_copies() -> None:
    assert first_of_copies([7, 5, 7, 9, 5, 2**64 - 1]).tolist() == [0, 1, 0, 3, 1, 5]


def test_copies_are_counted_by_what_they_spoil() -> None:
    first = np.array([0, 1, 0, 1, 4, 0])
    found = Copies.counted(first, labels=np.array([0, 1, 0, 0, 1, 0]), splits={"train": 3, "test": 3})
    assert (found.repeated, found.across_splits, found.two_classes) == (3, 2, 2)


@pytest.mark.parametrize("kinds", [2, 40])
def test_a_split_that_is_made_here_keeps_copies_together(workspace: Workspace, make: Make, kinds: int) -> None:
    """Noise under two names, each file five times: a model that knows all training images is right by chance alone."""
    names = np.random.default_rng(3).integers(0, 2, kinds) if kinds > 2 else [0, 0, 0, 1, 1, 1]
    files = {
        f"{'ab'[name]}/IMG_{number:03}{again}.png": png(noise(number))
        for number, name in enumerate(names)
        for again in ("", " (1)", " (2)", " (3)", " (4)")
    }
    data = prepared(workspace, "folder", make(files))
    meta = data.meta
    assert meta.copies and meta.copies.repeated == 4 * len(names) and meta.copies.across_splits == 0
    assert meta.splits["test"] and all(count > 0 for count in meta.class_counts["test"])
    split = parts(data, 0.2, None, seed=1)
    assert len(split.val) and copies_of_training(data, split, split.val) == 0
    assert copies_of_training(data, split, split.test) == 0


def test_copies_across_splits_that_were_given_are_counted(workspace: Workspace, make: Make) -> None:
    files = {f"train/{name}/{number}.png": png(noise(number)) for number, name in enumerate("aabb")}
    files |= {"test/a/again.png": png(noise(0)), "test/b/new.png": png(noise(9)), "test/b/other.png": png(noise(1))}
    data = prepared(workspace, "folder", make(files))
    assert data.meta.copies
    assert (data.meta.copies.repeated, data.meta.copies.across_splits, data.meta.copies.two_classes) == (2, 2, 2)
    split = parts(data, 0.0, None, seed=0)
    assert copies_of_training(data, split, split.test) == 2
    assert data.meta.copies.repeated_words.startswith("2 images have the same pixels as an earlier one.")


def test_a_class_without_a_test_image_is_told(workspace: Workspace, make: Make) -> None:
    files = {f"train/{name}/{number}.png": png(noise(number)) for number, name in enumerate("aabbcc")}
    data = prepared(workspace, "folder", make(files | {"test/a/9.png": png(noise(9))}))
    assert data.meta.untested in data.meta.warnings
    assert data.meta.untested.startswith("2 classes have no test image (b, c): no score says how well they")


def test_a_damaged_list_of_copies_is_noticed(workspace: Workspace, make: Make) -> None:
    data = prepared(workspace, "folder", make({f"{name}/{n}.png": png(noise(n)) for n, name in enumerate("aaabbb")}))
    file = data.folder / "copies.npy"
    file.write_bytes(file.read_bytes()[:-8] + bytes(8))
    with pytest.raises(Problem, match=r"copies\.npy"):
        type(data)(data.folder).require_whole()
