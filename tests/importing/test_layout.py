"""Which files belong to which split and class."""

import pytest

from core.errors import BadInput
from core.importing.layout import layout

CLASSES = ["ants/a.png", "bees/b.png"]


def _in(*prefixes: str) -> list[str]:
    return [prefix + name for prefix in prefixes for name in CLASSES]


@pytest.mark.parametrize("wrap", ["", "data/", "data/inner/"])
@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (_in(""), ["train", "train"]),
        (_in("train/"), ["train", "train"]),
        (_in("train/", "val/"), ["train", "train", "val", "val"]),
        (_in("Training/", "validation/", "TEST/"), ["train", "train", "val", "val", "test", "test"]),
        (_in("train/", "valid/"), ["train", "train", "val", "val"]),
    ],
)
def test_the_usual_layouts(wrap: str, names: list[str], splits: list[str]) -> None:
    result = layout([wrap + name for name in names], "pets")
    assert result.classes == ("ants", "bees") and result.outside == ()
    assert [split for split, _, _ in result.files] == splits
    assert [label for _, label, _ in result.files] == [0, 1] * (len(splits) // 2)
    assert result.divided == (len(set(splits)) > 1)


def test_nested_and_stray_files() -> None:
    names = [*_in("train/", "test/"), "train/bees/deep/er/c.png", "notes.txt", "train/list.csv", "other/ants/x.png"]
    result = layout(names, "pets")
    assert ("train", 1, "train/bees/deep/er/c.png") in result.files
    assert result.outside == ("notes.txt", "other/ants/x.png", "train/list.csv")


def test_classes_are_sorted_as_image_folder_does() -> None:
    assert layout(["b/1", "B/1", "a10/1", "a2/1"], "x").classes == ("B", "a10", "a2", "b")


def test_classes_that_nobody_sees_have_a_name() -> None:
    assert layout(["\xa0/1", "\u200b/1", "a/1"], "x").classes == ("a", "(no name)", "(no name) 2")


def test_a_readme_beside_the_wrapping_folder_is_no_obstacle() -> None:
    result = layout(["README.md", *_in("pets/train/", "pets/val/")], "x")
    assert result.classes == ("ants", "bees") and result.outside == ("README.md",)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "no class folders (found: no folder with an image in it)"),
        (["a.png", "b.png"], "no class folders"),
        (["ants/a.png"], "one class only (ants)"),
        (["pets/ants/a.png"], "one class only (ants)"),
        (_in("val/", "test/"), "has test, val, but no train folder"),
        ([*_in("train/", "val/"), "val/wasps/w.png"], "has wasps in val, but not in train"),
        (["train/a.png", "test/b.png"], "no class folders (found: test, train)"),
    ],
)
def test_other_layouts_are_explained(names: list[str], why: str) -> None:
    with pytest.raises(BadInput) as error:
        layout(names, "pets")
    assert str(error.value).startswith("pets has ") and why in str(error.value)


def test_an_empty_class_folder_is_a_class() -> None:
    assert layout([*CLASSES, "wasps/"], "x").classes == ("ants", "bees", "wasps")
