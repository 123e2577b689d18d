"""The recipes are the tutorials' own; a change here is a change of what people compare with."""

from types import SimpleNamespace

import pytest

from core.errors import BadInput
from core.loading.augmentations import in_use
from core.recipes import RECIPES, fitting, recipe


def settings(name, *dotted):
    flat = recipe(name).config.flat()
    return [flat[one] for one in dotted]


def test_mnist_mlp():
    assert settings("mnist-mlp", "data.name", "data.normalize", "data.shuffle", "data.validation") == [
        "mnist", "zero_one", True, 0.0,
    ]  # fmt: skip
    assert settings("mnist-mlp", "model.widths", "model.activation", "loss.name") == [[64, 64, 64], "relu", "nll"]
    assert settings("mnist-mlp", "optimizer.name", "optimizer.lr", "training.batch_size", "training.epochs") == [
        "adam", 0.001, 15, 2,
    ]  # fmt: skip


def test_mnist_cnn():
    assert settings("mnist-cnn", "data.normalize", "model.channels", "model.kernel_size", "model.padding") == [
        "half", [64, 128], 3, 1,
    ]  # fmt: skip
    assert settings("mnist-cnn", "model.batch_norm", "model.widths", "model.dropout") == [True, [1024], 0.5]
    assert settings("mnist-cnn", "optimizer.lr", "training.batch_size", "training.epochs") == [0.001, 64, 10]


def test_fashion_cnn():
    assert settings("fashion-cnn", "data.name", "data.shuffle", "data.normalize") == [
        "fashion-mnist",
        False,
        "zero_one",
    ]
    assert settings("fashion-cnn", "model.channels", "model.kernel_size", "model.padding", "model.widths") == [
        [6, 12], 5, 0, [120, 60],
    ]  # fmt: skip
    assert settings("fashion-cnn", "optimizer.lr", "training.batch_size", "training.epochs") == [0.01, 100, 2]


def test_cifar10_cnn():
    assert settings("cifar10-cnn", "model.channels", "model.kernel_size", "model.padding", "model.widths") == [
        [6, 16], 3, 0, [120, 84],
    ]  # fmt: skip
    assert settings("cifar10-cnn", "optimizer.lr", "training.batch_size", "training.epochs") == [0.001, 10, 100]


def test_folder_photos_learns_from_kept_features():
    """The backbone is frozen and no augmentation changes the images."""
    assert settings("folder-photos", "model.name", "model.weights", "model.trains", "data.size") == [
        "efficientnet_lite0", "imagenet", "head", 224,
    ]  # fmt: skip
    assert in_use(recipe("folder-photos").config.augment) == []


def test_folder_resnet18():
    assert settings("folder-resnet18", "data.name", "data.normalize", "data.size", "model.name", "model.weights") == [
        "folder", "imagenet", 224, "resnet18", "imagenet",
    ]  # fmt: skip
    assert settings("folder-resnet18", "optimizer.name", "optimizer.lr", "optimizer.momentum") == ["sgd", 0.001, 0.9]
    assert settings("folder-resnet18", "schedule.name", "schedule.every", "schedule.factor") == ["step", 7, 0.1]
    assert settings("folder-resnet18", "augment.crop", "augment.flip", "training.batch_size", "training.epochs") == [
        0.08, True, 4, 25,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["mnist-fast", "fashion-fast", "cifar10-fast"])
def test_fast_recipes_go_up_and_down_with_their_rate_and_ask_for_less_than_certainty(name):
    wanted = ["schedule.name", "loss.label_smoothing", "optimizer.name", "data.normalize", "training.precision"]
    assert settings(name, *wanted) == ["one_cycle", 0.1, "adamw", "dataset", "auto"]


def test_tutorials_measure_on_the_test_set_and_our_own_hold_out():
    for entry in RECIPES:
        assert (entry.config.data.validation == 0) == entry.tutorial


def test_recipes_for_own_images_hold_out_a_validation_part():
    own = [entry for entry in RECIPES if entry.folder]
    assert {entry.name for entry in own} == {"folder-photos", "folder-resnet18", "folder-cnn"}
    for entry in own:
        assert entry.config.data.measured_on == "val" and not entry.tutorial


@pytest.mark.parametrize(
    ("size", "drawable", "name"),
    [
        (None, False, "folder-photos"),  # photographs of many sizes
        ((224, 224), False, "folder-photos"),
        ((32, 32), False, "folder-cnn"),  # small pictures
        ((28, 28), True, "folder-cnn"),
        (None, True, "folder-cnn"),  # drawings of many sizes
    ],
)
def test_own_images_get_the_recipe_that_fits_them(size, drawable, name):
    assert fitting(SimpleNamespace(size=size, drawable=drawable)).name == name


def test_images_that_are_not_looked_at_yet_are_taken_for_photographs():
    assert fitting(None).name == "folder-photos"


def test_an_unknown_recipe_names_the_choices():
    with pytest.raises(BadInput, match=r"unknown recipe 'mnist-mpl'; have: digits-quick, mnist-mlp"):
        recipe("mnist-mpl")
