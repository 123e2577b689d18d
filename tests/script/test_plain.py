"""The script of plain PyTorch runs as it is, for every entry of every registry, and is short enough to be shown."""

import ast
import inspect
import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from PIL import Image

from core.datasets.catalog import FOLDER, catalog
from core.datasets.drawing_style import DrawingStyle
from core.inference.drawing_style import OWN_SYMBOLS, drawing_style_of
from core.loading.augmentations import AUGMENTATIONS
from core.models import MODELS
from core.prepared.arrays import Meta, Prepared
from core.prepared.class_folders import folder_names
from core.recipes import RECIPES, Recipe
from core.run_config import REGISTRIES, RunConfig
from core.script.plain import plain_script
from core.training.losses import LOSSES
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES
from tests.conftest import LONG, but_for
from tests.inference.pens import TWO, sheet
from tests.loading.augmentations.test_entries import on
from tests.script.running import run
from tests.training.contract import named, small, varied

TWO_STEPS = {"data.limit": 32, "training.batch_size": 16, "training.epochs": 1}
EACH = [varied(part, REGISTRIES[part][name]) for part in ("optimizer", "schedule", "loss") for name in named(part)]
AUGMENTED = [{f"augment.{key}": value for key, value in on(name).items()} for name in AUGMENTATIONS.entries]
LARGE = ("mobilenet_v3_small", "resnet18", "resnet34", "resnet50", "efficientnet_b0")
MODEL_SIZES = {"data.size": 32, "data.limit": 4, "training.batch_size": 2}


@pytest.mark.parametrize("changes", [*EACH, *AUGMENTED], ids=str)
def test_it_runs_as_it_is(digits, tmp_path, capsys, changes: dict[str, Any]) -> None:
    found = run(plain_script(small(**changes, **TWO_STEPS), digits), tmp_path)
    loss = float(capsys.readouterr().out.partition("epoch 1: loss ")[2].partition(",")[0])
    assert len(found["train_set"]) == 32 and math.isfinite(loss)
    assert (tmp_path / "model.pt").is_file()


@pytest.mark.parametrize("name", but_for(MODELS.entries, LARGE))
def test_it_runs_with_every_model(digits, tmp_path, capsys, name: str) -> None:
    """Then it answers a picture without another training."""
    sized = {} if name in ("mlp", "cnn", "layers", "whitened_cnn") else MODEL_SIZES
    config = RunConfig().replace({**TWO_STEPS, **sized, "model.name": name})
    script = plain_script(config, digits, drawing_style_of(digits))
    found = run(script, tmp_path)
    Image.fromarray(255 - sheet(TWO)).save(tmp_path / "picture.png")
    answer, sure = found["predict"](tmp_path / "picture.png")
    assert answer in found["class_names"] and 0 < sure <= 1
    capsys.readouterr()
    run(script, tmp_path, "picture.png")
    assert capsys.readouterr().out == f"picture.png: {answer} ({sure:.1%})\n"


@pytest.mark.parametrize("changes", [
    {"data.validation": 0}, {"data.shuffle": False, "training.patience": 1}, {"training.precision": "bfloat16"},
    {"augment.mixup": 1.0}, {"augment.rotate": 5, "data.validation": 0.2},
    {"augment.mixup": 0.2, "augment.cutmix": 1.0, "loss.name": "nll"},
    {"data.size": 12, "data.normalize": "imagenet"},
], ids=str)  # fmt: skip
def test_other_settings(digits, tmp_path, changes: dict[str, Any]) -> None:
    run(plain_script(small(**{**TWO_STEPS, **changes}), digits), tmp_path)


@pytest.mark.parametrize(("changes", "leaves"), [
    ({"model.name": "cnn", "data.limit": 33}, True), ({"model.name": "cnn", "data.limit": 1}, False),
    ({"model.name": "mlp", "data.limit": 33}, False),
], ids=str)  # fmt: skip
def test_a_last_batch_of_one_image_is_left_out_where_batch_norm_needs_others(
    digits, tmp_path, capsys, changes: dict[str, Any], leaves: bool
) -> None:
    found = run(plain_script(RunConfig().replace({**TWO_STEPS, **changes}), digits), tmp_path)
    assert found["train_loader"].drop_last == leaves
    assert math.isfinite(float(capsys.readouterr().out.partition("epoch 1: loss ")[2].partition(",")[0]))


@pytest.mark.parametrize("changes", [
    {"model.trains": "head"}, {"model.trains": "last_block"}, {"model.trains": "head", "data.limit": 33},
    {"model.name": "efficientnet_lite0", "model.weights": "imagenet", "model.trains": "head", "data.size": 32},
    pytest.param({"model.name": "mobilenet_v3_small", "model.trains": "last_block", "data.size": 32,
                  "loss.name": "nll"}, marks=LONG),
    pytest.param({"model.name": "resnet18", "model.trains": "head", "data.size": 16}, marks=LONG),
    pytest.param({"model.name": "efficientnet_b0", "model.trains": "head", "data.size": 32}, marks=LONG),
], ids=str)  # fmt: skip
def test_what_frozen_layers_make_of_the_images_is_computed_once(
    digits, tmp_path, monkeypatch, changes: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)  # where its weights are written
    found = run(plain_script(RunConfig().replace({"model.name": "cnn", **TWO_STEPS, **changes}), digits), tmp_path)
    passes = []
    found["frozen"].register_forward_hook(lambda *given: passes.append(given))
    before = {name: value.clone() for name, value in found["model"].state_dict().items()}
    loss, _accuracy = found["evaluate"](found["features"](found["test_loader"]))
    once = len(passes)
    found["train"]()
    assert len(passes) - once == sum(len(found[f"{part}_loader"]) for part in ("train", "val", "test"))
    images, labels = zip(*found["test_loader"], strict=True)
    model = found["model"].eval()
    model.load_state_dict(before)
    with torch.no_grad():
        whole = torch.nn.functional.cross_entropy(model(torch.cat(images)), torch.cat(labels))
    assert loss == pytest.approx(whole.item(), rel=1e-4)
    found["train"]()
    assert {name: values.requires_grad for name, values in model.named_parameters()} == {
        name: not values.equal(before[name]) for name, values in model.named_parameters()
    }


def described(name: str, folder: Path, counts: tuple[int, ...] = (20, 10)) -> Prepared:
    """A prepared data set as its entry describes it, with labels and without images."""
    import numpy as np

    spec = catalog().get(name)
    classes, size, channels = (spec.classes, spec.size, spec.channels) if spec else (("ants", "bees"), None, 3)
    splits = {part: 40 * len(classes) for part in (spec.counts if spec else ("train", "val"))}
    labels = np.concatenate([np.arange(count) % len(classes) for count in splits.values()])
    prepared = Prepared(folder)
    np.save(folder / "labels.npy", labels)
    prepared.meta = Meta(
        name=name, path=None if spec else str(folder), title=spec.title if spec else "insects", classes=classes,
        channels=channels, size=size, splits=splits, class_counts={}, mean=(0.5,) * channels, std=(0.25,) * channels,
        fingerprint="0", source="", source_version="", drawable=bool(spec and spec.drawable), flips=True, pixel_bytes=0,
    )  # fmt: skip
    return prepared


def described_style(prepared: Prepared) -> DrawingStyle | None:
    centred = "box" if prepared.meta.name == "digits" else "mass"  # as their drawings are
    style = OWN_SYMBOLS.model_copy(update={"centred": centred, "own": ()})
    return style if prepared.meta.drawable else None


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_script_of_a_recipe_fits_on_a_few_pages(tmp_path, recipe: Recipe) -> None:
    prepared = described(recipe.config.data.name, tmp_path)
    script = plain_script(recipe.config, prepared, described_style(prepared))
    compile(script.text, "train.py", "exec")
    lines = script.text.splitlines()
    assert 60 <= len(lines) <= 145, len(lines)
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 120


# One more setting each that has lines of its own; what no library has is written out.
SETTINGS = [{"loss.name": name} for name in LOSSES.entries] + [{"schedule.name": name} for name in SCHEDULES.entries]
SETTINGS += [*AUGMENTED, {"data.limit": 300}, {"training.patience": 3}, {"training.precision": "bfloat16"}]
SETTINGS += [{"optimizer.name": name} for name in OPTIMIZERS.entries] + [{"model.name": "efficientnet_lite0"}]
WRITTEN_OUT = {"muon", "lion", "efficientnet_lite0"}


@pytest.mark.parametrize("name", ["digits-quick", "mnist-fast", "cifar10-fast"])
def test_one_more_setting_leaves_it_as_short(tmp_path, name: str) -> None:
    recipe = next(one for one in RECIPES if one.name == name)
    prepared = described(recipe.config.data.name, tmp_path)
    for changes in SETTINGS:
        text = plain_script(recipe.config.replace(changes), prepared, described_style(prepared)).text
        most = (
            165 if WRITTEN_OUT & {*changes.values()} else 152 if {"augment.scale", "augment.crop"} & {*changes} else 150
        )
        assert text.count("\n") <= most, (changes, text.count("\n"))


@pytest.mark.parametrize("name", catalog())
def test_every_data_set_is_called_as_torchvision_has_it(tmp_path, name: str) -> None:
    """No image is loaded: what is called has the arguments that are given."""
    script = plain_script(RunConfig().replace({"data.name": name, "model.name": "mlp"}), described(name, tmp_path))
    compile(script.text, "train.py", "exec")
    called = [part for part in script.text.split("datasets.")[1:] if part[0].isupper()]
    assert called or name == "digits"
    for text in called:
        kind = getattr(torchvision.datasets, text.partition("(")[0])
        given = [word for word in ("train", "split", "what", "transform", "target_transform", "download")
                 if f"{word}=" in text.partition("\n)")[0].partition(")\n")[0]]  # fmt: skip
        inspect.signature(kind).bind_partial("data", **dict.fromkeys(given))


def test_a_folder_is_read_where_it_lies(tmp_path) -> None:
    for part in ("train", "val"):
        (tmp_path / part / "ants").mkdir(parents=True)
    config = RunConfig().replace({"data.name": FOLDER, "data.path": str(tmp_path), "model.name": "mlp"})
    text = plain_script(config, described(FOLDER, tmp_path)).text
    assert f'"{tmp_path}/train"' in text and "datasets.ImageFolder(" in text and "export-data" not in text
    (tmp_path / "train" / "ants").rmdir()
    (tmp_path / "train").rmdir()
    text = plain_script(config, described(FOLDER, tmp_path)).text
    assert 'datasets.ImageFolder("images/train"' in text and f"export-data {tmp_path} --to images.zip" in text


@pytest.mark.parametrize("name", ["b{r}ace", "{}", 'qu"ote', 'tri"""ple', "back\\new", "pa{part}rt"])
def test_a_folder_of_any_name_is_read(tmp_path, name: str) -> None:
    for part in ("train", "val"):
        for number, kind in enumerate(("ants", "bees")):
            path = tmp_path / name / part / kind / "0.png"
            path.parent.mkdir(parents=True)
            Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(path)
    (tmp_path / "prepared").mkdir()
    prepared = described(FOLDER, tmp_path / "prepared")
    prepared.meta = prepared.meta.model_copy(update={"path": str(tmp_path / name), "title": name})
    config = RunConfig().replace({"data.name": FOLDER, "data.path": str(tmp_path / name), "model.name": "mlp",
                                  "data.size": 8, "data.validation": 0, "training.epochs": 1})  # fmt: skip
    script = plain_script(config, prepared)
    assert name in str(ast.literal_eval(ast.parse(script.text).body[0].value))  # type: ignore[attr-defined]
    assert [len(run(script, tmp_path)[part]) for part in ("train_set", "test_set")] == [2, 2]


def test_classes_whose_folders_have_other_names_keep_their_numbers(tmp_path, monkeypatch) -> None:
    """As `export-data` names them; ImageFolder numbers by the names of folders."""
    classes = ("<z>", "A", "B")  # the first becomes _z_, which comes last
    prepared = described(FOLDER, tmp_path)
    prepared.meta = prepared.meta.model_copy(update={"path": f"{tmp_path}/set.zip", "classes": classes})
    for part in ("train", "val"):
        for number, kind in enumerate(folder_names(classes)):
            path = tmp_path / "images" / part / kind / "0.png"
            path.parent.mkdir(parents=True)
            Image.new("RGB", (8, 8), (40 * number, 0, 0)).save(path)
    config = RunConfig().replace({"data.name": FOLDER, "data.path": f"{tmp_path}/set.zip", "model.name": "mlp",
                                  "data.size": 8, "data.validation": 0, "training.epochs": 1})  # fmt: skip
    found = run(plain_script(config, prepared), tmp_path)
    monkeypatch.chdir(tmp_path)
    for part in ("train_set", "test_set"):
        assert {
            Path(file).parent.name: label
            for (file, _), (_, label) in zip(found[part].samples, found[part], strict=True)
        } == dict(zip(folder_names(classes), range(3), strict=True))


def test_layers_that_keep_their_weights_beside_muon(digits, tmp_path, capsys) -> None:
    changes = {"model.name": "efficientnet_lite0", "model.trains": "last_block", "data.size": 32,
               "optimizer.name": "muon", "optimizer.backbone_lr": 0.1}  # fmt: skip
    run(plain_script(RunConfig().replace({**TWO_STEPS, **changes}), digits), tmp_path)
    assert "test accuracy" in capsys.readouterr().out
