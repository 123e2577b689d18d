import json
import time

import pytest

from core.errors import BadInput
from core.models.families.cnn import CNNSettings
from core.recipes import RECIPES
from core.run_config import REGISTRIES, RunConfig, fields_of
from core.settings.fields import bounds, choices, hints


def all_fields():
    for part, field in RunConfig.model_fields.items():
        for name, inner in fields_of(part, field.annotation).items():
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
        ({"optimizer.lr": -1}, "optimizer.lr", "-1", "a number from 1e-08 to 10"),
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
        ({"model.name": "resent"}, ["resent", "mlp, cnn, resnet18"]),
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


def test_the_learning_rate_follows_the_optimiser_unless_it_is_given():
    assert RunConfig().replace({"optimizer.name": "sgd"}).optimizer.lr == 0.05
    assert RunConfig().replace({"optimizer.name": "sgd", "optimizer.lr": 0.3}).optimizer.lr == 0.3
    assert RunConfig().replace({"training.epochs": 3}).optimizer.lr == RunConfig().optimizer.lr
