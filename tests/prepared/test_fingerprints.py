"""The same files always have the fingerprint that they had: runs, their checkpoints and old caches are held to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.files.paths import Workspace
from tests.datasets.makers import archive, folder, image, prepared, two_classes

ONE_SIZE = two_classes()
SPLITS = two_classes("train/") | two_classes("val/", 2) | two_classes("test/", 3)
GREY = {
    f"{name}/{number}.png": image((9, 9), 10 * number + 3 * (name == "b"), "L") for name in "ab" for number in range(5)
}
MIXED = two_classes() | {
    "ants/grey.png": image((30, 20), 77, "L"),
    "bees/large.png": image((700, 300), (1, 2, 3)),
    "bees/long.png": image((10, 90), (9, 8, 7)),
    "bees/broken.png": b"no image",
    "readme.txt": b"x",
}


@pytest.mark.parametrize(
    ("files", "fingerprint"),
    [
        (ONE_SIZE, "9862f1252b1e00d9d7468efd147901a7"),
        (SPLITS, "a3ffc5ad15014e5cc493bb71b89f59a1"),
        (GREY, "a1645fa123a5093b56cd555ce44d79f0"),
        (MIXED, "45a69deab20e10c4f11d05456bee9d5a"),
    ],
    ids=["one size", "splits", "grey", "mixed"],
)
@pytest.mark.parametrize("make", [folder, archive])
def test_an_import_is_what_it_was(
    workspace: Workspace, tmp_path: Path, make: Callable[..., Path], files: dict[str, bytes], fingerprint: str
) -> None:
    found = prepared(workspace, "folder", make(tmp_path / "pets.zip", files))
    assert found.meta.fingerprint == found.measured_fingerprint() == fingerprint
