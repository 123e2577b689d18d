import json
import subprocess
import sys
import time
from typing import Any

import pytest

from core.errors import BadInput
from core.models.families.cnn import CNNSettings
from core.recipes import RECIPES
from core.run_config import REGISTRIES, RunConfig, fields_of, kind_of, section
from core.settings.fields import bounds, choices, hints


def all_fields():
    for part in RunConfig.model_fields:
        kind = kind_of(part) if part in REGISTRIES else section(part)
        for name, inner in fields_of(part, kind).items():
            yield f"{part}.{name}", inner
    for registry in REGISTRIES.values():
        for spec in registry.entries.values():
            for name, inner in spec.settings.model_fields.items():
                if name != "name":
                    yield f"{spec.name}.{name}", inner


@pytest.mark.parametrize("name,field", list(all_fields()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_setting_can_be_drawn_and_explained(name, field):
    assert field.title and field.description, name
    extra = hints(field)
    low, high = bounds(field)
    if high is not None and name != "training.seed":
        assert extra["too_high"] and extra["too_low"], f"{name} does not say what happens when it is off"
    if extra["slider"]:
        assert (low is None or extra["slider"][0] >= low) and (high is None or extra["slider"][1] <= high)
    if choices(field) and all(isinstance(choice, str) for choice in choices(field)):
        assert set(extra["labels"]) == set(choices(field)), f"{name} has choices without words"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_json_both_ways(recipe):
    assert RunConfig.from_json(recipe.config.to_json()) == recipe.config
    assert type(RunConfig.from_json(recipe.config.to_json()).model) is type(recipe.config.model)


def test_a_config_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        RunConfig().training.epochs = 3


@pytest.mark.parametrize(
    "changes,field,value,allowed",
    [
        ({"training.epochs": 0}, "training.epochs", "0", "a whole number from 1 to 1000"),
        ({"training.epochs": 2.5}, "training.epochs", "2.5", "a whole number"),
        ({"training.epochs": "3"}, "training.epochs", '"3"', "a whole number"),
        ({"optimizer.lr": -1}, "optimizer.lr", "-1", "a number from 1e-8 to 10"),
        ({"optimizer.lr": float("nan")}, "optimizer.lr", "nan", "a number"),
        ({"optimizer.name": "adamm"}, "optimizer.name", "adamm", "sgd, adam, adamw, rmsprop"),
        ({"data.shuffle": 1}, "data.shuffle", "1", "true or false"),
        ({"data.limit": 0}, "data.limit", "0", "of at least 1 or null"),
        ({"model.channels": [32, 0]}, "model.channels", "0", "whole numbers from 1 to 2048"),
        ({"model.channels": 32}, "model.channels", "32", "a list of at most 64 whole numbers"),
        ({"loss.name": "nll", "loss.label_smoothing": 0.1}, "loss.label_smoothing", "0.1", "0"),
        ({"optimizer.momentum": 0.9}, "optimizer.momentum", "0.9", "0"),
        ({"optimizer.name": "sgd", "optimizer.nesterov": True}, "optimizer.nesterov", "true", "momentum above 0"),
        ({"data.path": "/photos"}, "data.path", "/photos", "folder"),
    ],
)
def test_an_impossible_value_is_refused_in_a_sentence(changes, field, value, allowed):
    with pytest.raises(BadInput) as caught:
        RunConfig().replace(changes)
    sentence = str(caught.value)
    assert field in sentence and value in sentence and allowed in sentence
    assert "\n" not in sentence and "pydantic" not in sentence


@pytest.mark.parametrize(
    "changes,named",
    [
        ({"training.epoch": 3}, ["training.epoch", "epochs", "batch_size"]),
        ({"model.widht": 3}, ["model.widht", "channels"]),
        ({"epochs": 3}, ["epochs", "training"]),
        ({"trainer.epochs": 3}, ["trainer.epochs", "training"]),
        ({"model.name": "resent"}, ["resent", "mlp, cnn, efficientnet_lite0, layers, resnet18"]),
        ({"data.name": "minst"}, ["minst", "mnist", "folder"]),
    ],
)
def test_an_unknown_name_is_refused_with_the_choices(changes, named):
    with pytest.raises(BadInput) as caught:
        RunConfig().replace(changes)
    assert all(word in str(caught.value) for word in named)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"data": 3}', '{"model": {"name": 5}}', '{"extra": {}}'])
def test_broken_json_is_refused_in_a_sentence(text):
    with pytest.raises(BadInput):
        RunConfig.from_json(text)


def test_a_name_that_is_there_twice_among_many_is_found_quickly():
    names = [f'"{number}": 0' for number in range(80_000)]
    text = f"{{{', '.join([*names, names[-1]])}}}"
    began = time.perf_counter()
    with pytest.raises(BadInput, match="'79999' is there twice"):
        RunConfig.from_file(text.encode(), "a.json")
    assert time.perf_counter() - began < 5


def test_another_model_starts_from_its_own_defaults():
    config = RunConfig(model=CNNSettings(channels=(8,))).replace({"model.name": "mlp", "model.dropout": 0.5})
    assert config.model.name == "mlp" and config.model.dropout == 0.5
    assert "channels" not in json.loads(config.to_json())["model"]


def test_the_learning_rate_follows_the_optimizer_unless_it_is_given():
    assert RunConfig().replace({"optimizer.name": "sgd"}).optimizer.lr == 0.05
    assert RunConfig().replace({"optimizer.name": "sgd", "optimizer.lr": 0.3}).optimizer.lr == 0.3
    assert RunConfig().replace({"training.epochs": 3}).optimizer.lr == RunConfig().optimizer.lr


@pytest.mark.parametrize("sentence,changes", [
    ("optimizer.momentum is 0.9, but adam has none; allowed: 0, or optimizer.name sgd, rmsprop or muon",
     {"optimizer.momentum": 0.9}),
    ("optimizer.momentum is 0.95, but adam has none; allowed: 0, or optimizer.name sgd, rmsprop or muon",
     {"optimizer.momentum": 0.95}),
    ("optimizer.nesterov is true, but adam has none; allowed: false, or optimizer.name sgd",
     {"optimizer.nesterov": True}),
    ("optimizer.momentum is false, but adam has none; allowed: 0, or optimizer.name sgd, rmsprop or muon",
     {"optimizer.momentum": False}),
    ("loss.gamma is 3, but nll has none; allowed: 2, or loss.name focal", {"loss.name": "nll", "loss.gamma": 3}),
    ("schedule.every is 3, but cosine has none; allowed: 7, or schedule.name step",
     {"schedule.name": "cosine", "schedule.every": 3}),
    ("model.channels is [8], but mlp has none; allowed: [32, 64], or model.name cnn or whitened_cnn",
     {"model.name": "mlp", "model.channels": [8]}),
    ("unknown setting 'optimizer.momentun'; have: name, lr, backbone_lr, weight_decay", {"optimizer.momentun": 0}),
])  # fmt: skip
def test_a_setting_of_another_entry_is_refused_with_those_that_have_it(sentence, changes):
    with pytest.raises(BadInput) as caught:
        RunConfig().replace(changes)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("name", "said"), [
    ("data.augment.rotate", "Did you mean augment.rotate?"), ("data.augment.rotat", "Did you mean augment.rotate?"),
    ("data.augment.blur", "have: augment.flip, augment.shift, "), ("train.epochs", "Did you mean training.epochs?"),
    ("data.train.epochs", "Did you mean training.epochs?"), ("lr", "Did you mean optimizer.lr?"),
    ("name", "a name such as optimizer.lr or training.epochs; parts: data, "), ("a" * 1000, "; parts: "),
])  # fmt: skip
def test_a_setting_in_no_part_is_answered_with_the_one_that_was_meant(name, said):
    with pytest.raises(BadInput) as caught:
        RunConfig().replace({name: 1})
    assert str(caught.value).startswith("unknown setting 'a" if len(name) > 99 else f"unknown setting '{name}'")
    assert said in str(caught.value) and len(str(caught.value)) < 400


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(BadInput) as caught:
        RunConfig().replace({"optimizer.momentum": 0.9, "optimizer.nesterov": True, "loss.gamma": 3, "model.x": 1,
                             "training.epochs": 0})  # fmt: skip
    assert [part.split(" is ")[0] for part in str(caught.value).split("; ") if " is " in part] == [
        "loss.gamma", "optimizer.momentum", "optimizer.nesterov", "training.epochs",
    ]  # fmt: skip
    assert "unknown setting 'model.x'" in str(caught.value)


# Every field of every entry was spelt out by the first version.
FIRST_VERSION = {
    "data": {"name": "digits", "path": None, "limit": None, "validation": 0.1, "shuffle": True, "size": None,
             "normalize": "dataset"},
    "model": {"name": "mlp", "widths": [64, 64, 64], "activation": "relu", "dropout": 0.0},
    "loss": {"name": "nll", "label_smoothing": 0.0},
    "optimizer": {"name": "adam", "lr": 0.003, "momentum": 0.0, "nesterov": False, "weight_decay": 0.01},
    "schedule": {"name": "none", "every": 7, "factor": 0.1, "patience": 2, "warmup": 0.3},
}  # fmt: skip


def test_what_the_first_version_wrote_means_what_it_meant():
    config = RunConfig.from_dict(FIRST_VERSION)
    assert config.loss.model_dump() == {"name": "nll"} and config.schedule.model_dump() == {"name": "none"}
    later = {"backbone_lr": 1.0}  # what is set now and was not then, as it was
    assert config.optimizer.model_dump() == {"name": "adam", "lr": 0.003, "weight_decay": 0.01} | later
    later = {"weights": "random", "trains": "all"}
    of_mlp = {"name": "mlp", "widths": (64, 64, 64), "activation": "relu", "dropout": 0.0}
    assert config.model.model_dump() == of_mlp | later


def test_what_is_missing_is_as_it_was():
    assert RunConfig.from_dict({part: {} for part in REGISTRIES}) == RunConfig()
    names = {part: getattr(RunConfig(), part).name for part in REGISTRIES}
    assert names == {"model": "cnn", "loss": "cross_entropy", "optimizer": "adam", "schedule": "none"}
    for name, lr in {"sgd": 0.05, "adam": 0.001, "adamw": 0.001, "rmsprop": 0.001}.items():
        for given in ({"name": name}, {"name": name, "lr": None}):
            assert RunConfig.from_dict({"optimizer": given}).optimizer.lr == lr


def test_another_entry_keeps_what_both_have_but_for_what_is_its_own():
    sgd = RunConfig().replace({
        "optimizer.name": "sgd", "optimizer.lr": 0.3, "optimizer.momentum": 0.8, "optimizer.weight_decay": 0.02,
    })  # fmt: skip

    def optimizer(name, **given):
        changes = {f"optimizer.{key}": value for key, value in given.items()}
        return sgd.replace({"optimizer.name": name, **changes}).optimizer.model_dump(exclude={"name", "backbone_lr"})

    assert optimizer("rmsprop") == {"lr": 0.001, "momentum": 0.8, "weight_decay": 0.02}
    assert optimizer("adam") == {"lr": 0.001, "weight_decay": 0.02}
    assert optimizer("adam", lr=0.3) == {"lr": 0.3, "weight_decay": 0.02}
    assert optimizer("muon") == {"lr": 0.02, "adamw_lr": 0.001, "momentum": 0.95, "weight_decay": 0.02}
    assert optimizer("sgd") == sgd.optimizer.model_dump(exclude={"name", "backbone_lr"})
    shared = sgd.replace({"optimizer.backbone_lr": 0.1}).replace({"optimizer.name": "adam"})
    assert shared.optimizer.backbone_lr == 0.1
    plateau = (
        RunConfig().replace({"schedule.name": "step", "schedule.factor": 0.5}).replace({"schedule.name": "plateau"})
    )
    assert plateau.schedule.factor == 0.5
    cosine = RunConfig().replace({"schedule.name": "one_cycle"}).replace({"schedule.name": "warmup_cosine"})
    assert cosine.schedule.warmup == 0.05


def test_settings_are_read_without_torch():
    code = (
        "import sys; from core.run_config import REGISTRIES, RunConfig; from core import recipes; "
        "[RunConfig().replace({f'{part}.name': name}) for part, all in REGISTRIES.items() for name in all.entries]; "
        "print(sorted({'torch', 'torchvision', 'streamlit'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("changes", "meant"),
    [
        ({"training.epoch": 3}, "training.epochs"),
        ({"augment.flp": True}, "augment.flip"),
        ({"optimizer.name": "adm"}, "adam"),
        ({"data.name": "minst"}, "mnist"),
        ({"training.xyz": 3}, None),
    ],
)
def test_a_mistyped_name_is_answered_with_the_one_that_was_probably_meant(
    changes: dict[str, Any], meant: str | None
) -> None:
    with pytest.raises(BadInput) as caught:
        RunConfig().replace(changes)
    assert str(caught.value).partition("Did you mean ")[2] == (f"{meant}?" if meant else "")
