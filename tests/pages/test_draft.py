"""The settings on the form, right or not yet right."""

import pytest

from core.models import model_specs
from core.recipes import RECIPES
from core.run_config import RunConfig
from pages.train import draft as drafts


def fresh() -> drafts.Draft:
    return drafts.new(RunConfig())


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_every_recipe_survives_the_form(recipe) -> None:
    config = recipe.config.replace({"data.path": "/images"}) if recipe.folder else recipe.config
    assert drafts.check(drafts.new(config)) == drafts.Checked(config, {})


@pytest.mark.parametrize("name", list(model_specs()))
def test_another_model_brings_its_defaults(name: str) -> None:
    checked = drafts.check(drafts.change(fresh(), "model.name", name))
    assert checked.config is not None
    assert checked.config.model == model_specs()[name].defaults()


def test_another_optimiser_brings_its_learning_rate() -> None:
    assert drafts.change(fresh(), "optimizer.name", "sgd")["optimizer.lr"] == 0.05


def test_an_error_names_the_field_as_the_screen_does() -> None:
    draft = {**fresh(), "model.channels": "32, x", "optimizer.lr": 99.0}
    assert drafts.check(draft).errors == {
        "model.channels": "Channels must be a list of at most 64 whole numbers from 1 to 2048.",
        "optimizer.lr": "Learning rate must be a number from 1e-08 to 10.",
    }


def test_what_contradicts_stands_at_its_field() -> None:
    draft = {**fresh(), "optimizer.name": "sgd", "optimizer.nesterov": True}
    assert list(drafts.check(draft).errors) == ["optimizer.nesterov"]
    assert drafts.check(draft).errors["optimizer.nesterov"].startswith("Nesterov is true")


def test_a_hidden_setting_does_not_stand_in_the_way() -> None:
    draft = {**fresh(), "optimizer.name": "sgd", "optimizer.momentum": 0.9}
    back = drafts.change(draft, "optimizer.name", "adam")
    checked = drafts.check(back)
    assert checked.config is not None and not getattr(checked.config.optimizer, "momentum", 0)
    assert drafts.change(back, "optimizer.name", "sgd")["optimizer.momentum"] == 0.9


def test_differences_are_told_by_title() -> None:
    draft = {**fresh(), "optimizer.lr": 0.1, "data.name": "mnist"}
    assert drafts.differing(draft, RunConfig()) == ["Data set", "Learning rate"]
