"""Which files belong to which split and class."""

import gc
import time
from contextlib import suppress

import pytest

from core.errors import BadInput
from core.importing.layout import (
    AMBIGUOUS,
    NO_IMAGE,
    REPEATED,
    UNLABELLED,
    choices,
    in_words,
    layout,
)

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
    assert str(error.value).startswith("“pets” has ") and why in str(error.value)


def test_an_empty_class_folder_is_no_class_and_is_told() -> None:
    result = layout([*CLASSES, "wasps/", "notes/", "notes/list.csv"], "x")
    assert result.classes == ("ants", "bees")
    assert result.passed_over == (("notes/list.csv", NO_IMAGE), ("wasps/", NO_IMAGE))


def files(*folders: str, each: int = 2) -> list[str]:
    """So many images in each folder, all of names of their own."""
    return [f"{folder}/{folder.replace('/', '-')}-{number}.jpg" for folder in folders for number in range(each)]


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (["training_set/training_set/cats", "training_set/training_set/dogs",
          "test_set/test_set/cats", "test_set/test_set/dogs"], {"train": 4, "test": 4}),
        (["seg_train/seg_train/cats", "seg_train/seg_train/dogs", "seg_test/seg_test/cats", "seg_test/seg_test/dogs",
          "seg_pred/seg_pred"], {"train": 4, "test": 4}),
        (["asl_alphabet_train/asl_alphabet_train/cats", "asl_alphabet_train/asl_alphabet_train/dogs",
          "asl_alphabet_test/asl_alphabet_test"], {"train": 4}),
        (["train_data/cats", "train_data/dogs", "val_data/cats", "val_data/dogs"], {"train": 4, "val": 4}),
        (["train2017/cats", "train2017/dogs", "val2017/cats", "val2017/dogs"], {"train": 4, "val": 4}),
        (["Training Set/cats", "Training Set/dogs", "Test Set/cats", "Test Set/dogs"], {"train": 4, "test": 4}),
        (["TrainImages/cats", "TrainImages/dogs", "TestImages/cats", "TestImages/dogs"], {"train": 4, "test": 4}),
        (["pets/pets/train/cats", "pets/pets/train/dogs", "pets/pets/valid/cats", "pets/pets/valid/dogs", "test/test"],
         {"train": 4, "val": 4}),
        (["pets/train/cats", "pets/train/dogs", "pets/valid/cats", "pets/valid/dogs", "test/cats", "test/dogs"],
         {"train": 4, "val": 4, "test": 4}),
        (["训练集/cats", "训练集/dogs", "测试集/cats", "测试集/dogs"], {"train": 4, "test": 4}),
        (["train/cats", "train/dogs", "test"], {"train": 4}),
        (["train/cats", "train/dogs", "test/unlabelled"], {"train": 4}),
        (["train/cats", "train/dogs", "test/cats", "test/dogs", "test/Unknown"], {"train": 4, "test": 4}),
        (["Trainingsdaten/cats", "Trainingsdaten/dogs", "Validierungsdaten/cats", "Testdaten/dogs"],
         {"train": 4, "val": 2, "test": 2}),
        (["trn/cats", "trn/dogs", "vld/cats", "tst/dogs"], {"train": 4, "val": 2, "test": 2}),
        (["data/train_test_split/train/cats", "data/train_test_split/train/dogs",
          "data/train_test_split/test/cats"], {"train": 4, "test": 2}),
        (["traindata/cats", "traindata/dogs", "testimages/cats", "testimages/dogs"], {"train": 4, "test": 4}),
        (["trainingset/cats", "trainingset/dogs", "dev/cats", "dev/dogs", "holdout/cats", "holdout/dogs"],
         {"train": 4, "val": 4, "test": 4}),
        (["trainval/cats", "trainval/dogs", "evaluation/cats", "evaluation/dogs"], {"train": 4, "test": 4}),
        (["train_cats", "train_dogs", "test_cats", "test_dogs"], {"train": 4, "test": 4}),
        (["cats-train", "dogs-train", "cats-val"], {"train": 4, "val": 2}),
        (["ENTRENAMIENTO/cats", "ENTRENAMIENTO/dogs", "VALIDACIÓN/cats", "Prueba/dogs"],
         {"train": 4, "val": 2, "test": 2}),
        (["entraînement/cats", "entraînement/dogs", "test/cats"], {"train": 4, "test": 2}),
        (["обучающая_выборка/cats", "обучающая_выборка/dogs", "тестовая/cats"], {"train": 4, "test": 2}),
        (["学習用/cats", "学習用/dogs", "検証データ/cats", "テスト/dogs"], {"train": 4, "val": 2, "test": 2}),
        (["훈련/cats", "훈련/dogs", "검증/cats"], {"train": 4, "val": 2}),
        (["xtrain/cats", "xtrain/dogs", "xval/cats", "xtest/cats"], {"train": 4, "val": 2, "test": 2}),
        (["Xtrain/cats", "Xtrain/dogs", "Xtest/cats"], {"train": 4, "test": 2}),
        (["cats/images", "dogs/images"], {"train": 4}),
        (["cats/persian", "cats/other", "dogs/poodle", "dogs/other"], {"train": 8}),
    ],
)  # fmt: skip
def test_splits_as_published_sets_call_them(folders: list[str], splits: dict[str, int]) -> None:
    result = layout(files(*folders), "pets")
    assert (result.classes, result.splits) == (("cats", "dogs"), splits)
    assert len(result.files) + len(result.outside) + len(result.passed_over) == 2 * len(folders)


def test_split_and_class_in_one_name() -> None:
    result = layout(files("trainA", "trainB", "testA", "testB"), "horse2zebra")
    assert (result.classes, result.splits) == (("A", "B"), {"train": 4, "test": 4})
    named = layout(files("train_Äpfel", "train_Birnen", "TEST_Äpfel"), "x")
    assert (named.classes, named.splits) == (("Birnen", "Äpfel"), {"train": 4, "test": 2})
    for years in (["train2017", "train2018"], ["train_1", "train_2", "test_1"]):  # parts of one split, no classes
        with pytest.raises(BadInput, match="no class folders"):
            layout(files(*years), "x")


def test_pictures_to_test_on_without_labels_are_told() -> None:
    result = layout(files("train/cats", "train/dogs", "test/images"), "x")
    assert [reason for _name, reason in result.passed_over] == [UNLABELLED, UNLABELLED]


@pytest.mark.parametrize(
    "classes",
    [
        ["bus", "car", "train", "truck"],
        ["bus", "test_tube", "train_station"],
        ["invalid", "valid"],
        ["bus", "test", "train"],
    ],
)
def test_what_a_folder_holds_decides_and_not_its_name_alone(classes: list[str]) -> None:
    result = layout(files(*classes), "things")
    assert (result.classes, result.splits) == (tuple(classes), {"train": 2 * len(classes)})


@pytest.mark.parametrize("around", ["", "flowers/", "data/flowers/"])
def test_a_set_that_has_itself_once_more_inside_is_taken_once(around: str) -> None:
    names = [f"{around}{again}{kind}/{number}.jpg" for again in ("", "flowers/") for kind in ("daisy", "rose", "tulip")
             for number in range(3)]  # fmt: skip
    result = layout(names, "flowers")
    assert (result.classes, result.splits) == (("daisy", "rose", "tulip"), {"train": 9})
    assert {reason for _name, reason in result.passed_over} == {REPEATED} and len(result.passed_over) == 9


@pytest.mark.parametrize("folders", [["trains", "cars"], ["with_mask", "without_mask"], ["frames", "lenses"]])
def test_classes_that_are_called_nearly_like_splits_or_masks_are_classes(folders: list[str]) -> None:
    assert layout(files(*folders), "pets").classes == tuple(sorted(folders))


@pytest.mark.parametrize(
    "folders",
    [
        ["first/cats", "first/dogs", "second/cats", "second/dogs"],
        ["first/cats", "first/dogs", "second/cats"],
        ["cats/day", "cats/night", "dogs/day", "dogs/night"],
        ["fold1", "fold2", "fold3"],
        ["fold1/cats", "fold1/dogs", "fold2/cats", "fold2/dogs"],
        ["images", "masks"],
        ["original", "ground_truth"],
        ["x-ray", "x-ray_mask"],
        ["inputs", "targets"],
        ["train/images", "train/masks", "val/images", "val/masks"],
        ["bus/red", "bus/blue", "car", "train/ice", "train/tgv"],
        ["amazon/images/bike", "amazon/images/mug", "dslr/images/bike", "dslr/images/mug"],
        ["images/cats", "images/dogs", "annotations/cats", "annotations/dogs"],
        ["cats", "dogs", "more/cats", "more/dogs"],
        ["train/cats", "train/dogs", "test/cats", "andere/cats", "andere/dogs"],
        ["development/cats", "development/dogs", "evaluation/cats", "evaluation/dogs"],
        ["bus/1", "bus/2", "car/1", "car/2", "train/1", "train/2"],
        ["train/cats/day", "train/cats/night", "train/dogs/day", "train/dogs/night", "val/cats/day", "val/dogs/day"],
    ],
)
def test_what_can_be_read_in_two_ways_is_asked(folders: list[str]) -> None:
    asked = r"^“pets” can be read in more than one way: .*Choose with data\.layout: "
    with pytest.raises(BadInput, match=asked) as error:
        layout(files(*folders), "pets")
    assert error.value.code == AMBIGUOUS
    readings = choices(files(*folders), "pets")
    for how, plan in readings.items():
        assert f"{how} = {in_words(plan)}" in str(error.value)
        assert layout(files(*folders), "pets", how) == plan


def test_what_the_choices_mean() -> None:
    names = files("train/cats/day", "train/cats/night", "train/dogs/day", "train/dogs/night", "val/cats/day")
    outer, inner, flat = (layout(names, "x", how) for how in ("outer", "inner", "classes"))
    assert (outer.classes, outer.splits) == (("cats", "dogs"), {"train": 8, "val": 2})
    assert (inner.classes, inner.splits) == (("day", "night"), {"train": 8, "val": 2})
    assert (flat.classes, flat.splits) == (("train", "val"), {"train": 10})


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (["cats/train", "cats/test", "dogs/train", "dogs/test"], {"train": 4, "test": 4}),
        (["pets/cats/train", "pets/cats/valid", "pets/dogs/train"], {"train": 4, "val": 2}),
        (["cats/cats_train", "cats/cats_test", "dogs/Training Set", "dogs/Test Set"], {"train": 4, "test": 4}),
        (["cats/images/train", "cats/images/val", "dogs/train/old", "dogs/train/new"], {"train": 6, "val": 2}),
    ],
)  # fmt: skip
def test_splits_inside_each_class_are_asked_about_and_kept(folders: list[str], splits: dict[str, int]) -> None:
    with pytest.raises(BadInput, match=r"Choose with data\.layout: inside = "):
        layout(files(*folders), "pets")
    result = layout(files(*folders), "pets", "inside")
    assert (result.classes, result.splits) == (("cats", "dogs"), splits)


def test_of_splits_without_known_names_the_largest_is_for_training() -> None:
    names = files("development/cats", "development/dogs", each=5) + files("evaluation/cats", "evaluation/dogs")
    with pytest.raises(BadInput, match=r": splits = 2 classes \(cats, dogs\), files: train 10, test 4"):
        layout(names, "x")
    result = layout(names, "x", "splits")
    assert (result.classes, result.splits) == (("cats", "dogs"), {"train": 10, "test": 4})
    with pytest.raises(BadInput, match="no class folders"):
        layout(files("cats", "dogs"), "x", "splits")


@pytest.mark.parametrize(
    ("names", "archives"),
    [
        ([*files("a"), "b.zip", "c.rar"], "b.zip, c.rar"),
        (["train/cats.zip", "train/dogs.zip"], "train/cats.zip, train/dogs.zip"),
        (["data/images.tar.gz", "data/preview.png"], "data/images.tar.gz"),
    ],
)
def test_images_that_are_packed_inside_are_named(names: list[str], archives: str) -> None:
    with pytest.raises(BadInput, match=f"has fewer than two class folders, but {archives} inside. Unpack"):
        layout(names, "x")


def test_names_that_differ_in_capital_letters_are_told() -> None:
    with pytest.raises(BadInput, match="“x” has cat, dog in val, but Cat, Dog in train: the names differ in capital"):
        layout(files("train/Cat", "train/Dog", "val/cat", "val/dog"), "x")


@pytest.mark.parametrize("inside", [[], ["day", "night"]])
def test_many_folders_cost_no_more_than_their_number(inside: list[str]) -> None:
    """Four times as many take about four times as long; were each compared with all others, ten times and more."""

    def seconds(count: int) -> float:
        names = [
            f"c{number}/{file}" for number in range(count) for file in ([f"{i}/1.png" for i in inside] or ["1.png"])
        ]
        began = time.process_time()
        assert len(layout(names, "x", "outer").classes) == count
        with suppress(BadInput):  # folders that are alike inside are asked about
            layout(names, "x")
        return time.process_time() - began

    gc.collect()  # of what other tests have left
    few = min(seconds(600) for _ in range(3))
    assert any(seconds(2400) < 7 * few + 0.5 for _ in range(3)), few  # a busy computer may disturb one
