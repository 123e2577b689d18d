"""The settings on the form, right or not yet right."""

import pytest

from core.models import model_specs
from core.recipes import RECIPES
from core.run_config import REGISTRIES, RunConfig
from pages.train import draft as drafts


def fresh() -> drafts.Draft:
    return drafts.from_config(RunConfig())


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_every_recipe_survives_the_form(recipe) -> None:
    config = recipe.config.replace({"data.path": "/images"}) if recipe.folder else recipe.config
    assert drafts.check(drafts.from_config(config)) == drafts.Checked(config, {})


@pytest.mark.parametrize("name", list(model_specs()))
def test_another_model_brings_its_defaults(name: str) -> None:
    checked = drafts.check(drafts.with_change(fresh(), "model.name", name))
    assert checked.config is not None
    assert checked.config.model == model_specs()[name].defaults()


def test_own_layers_begin_with_the_network_that_was_chosen() -> None:
    mlp = {**drafts.with_change(fresh(), "model.name", "mlp"), "model.widths": [20, 10], "model.dropout": 0.25}
    own = drafts.with_change(mlp, "model.name", "layers")
    assert own["model.layers"] == "flatten, dense 20, relu, dropout 0.25, dense 10, relu, dropout 0.25"
    changed = {**own, "model.layers": "flatten, dense 7"}
    again = drafts.with_change(drafts.with_change(changed, "model.name", "cnn"), "model.name", "layers")
    assert again["model.layers"] == "flatten, dense 7", "but with what was typed there before, where something was"
    other = {**drafts.with_change(own, "model.name", "mlp"), "model.widths": [5]}
    assert drafts.with_change(other, "model.name", "layers")["model.layers"].startswith("flatten, dense 5"), "untouched"
    long = {**mlp, "model.widths": [8] * 64}
    kept = drafts.with_change(long, "model.name", "layers")
    assert drafts.check(kept).config is not None, "more layers than a list may have"
    unread = {**mlp, "model.widths": "20, x"}
    assert drafts.check(drafts.with_change(unread, "model.name", "layers")).config is not None


def test_another_optimizer_brings_its_learning_rate() -> None:
    assert drafts.with_change(fresh(), "optimizer.name", "sgd")["optimizer.lr"] == 0.05


def test_an_error_names_the_field_as_the_screen_does() -> None:
    draft = {**fresh(), "model.channels": "32, x", "optimizer.lr": 99.0}
    assert drafts.check(draft).errors == {
        "model.channels": "Channels must be a list of at most 64 whole numbers from 1 to 2048.",
        "optimizer.lr": "Learning rate must be a number from 1e-8 to 10.",
    }


def test_what_contradicts_stands_at_its_field() -> None:
    draft = {**fresh(), "optimizer.name": "sgd", "optimizer.nesterov": True}
    assert list(drafts.check(draft).errors) == ["optimizer.nesterov"]
    assert drafts.check(draft).errors["optimizer.nesterov"].startswith("Nesterov is true")


def test_a_hidden_setting_does_not_stand_in_the_way() -> None:
    draft = {**fresh(), "optimizer.name": "sgd", "optimizer.momentum": 0.9}
    back = drafts.with_change(draft, "optimizer.name", "adam")
    checked = drafts.check(back)
    assert checked.config is not None and not getattr(checked.config.optimizer, "momentum", 0)
    assert drafts.with_change(back, "optimizer.name", "sgd")["optimizer.momentum"] == 0.9


def test_what_another_entry_brings_along_is_no_change_of_its_own() -> None:
    draft = {**fresh(), "optimizer.lr": 0.1, "data.name": "mnist"}
    assert drafts.changes(draft, RunConfig()) == {"data.name": "mnist", "optimizer.lr": 0.1}
    draft = drafts.with_change(fresh(), "optimizer.name", "sgd")
    assert drafts.changes(draft, RunConfig()) == {"optimizer.name": "sgd"}
    assert drafts.changes({**draft, "optimizer.lr": 0.2, "optimizer.momentum": "much"}, RunConfig()) == {
        "optimizer.name": "sgd", "optimizer.lr": 0.2, "optimizer.momentum": "much",
    }  # fmt: skip
    assert drafts.changes(fresh(), RunConfig()) == {}


def typed(**changes) -> drafts.Draft:
    draft = fresh()
    for name, value in changes.items():
        draft = drafts.with_change(draft, name.replace("__", "."), value)
    return draft


def test_another_entry_is_taken_as_by_the_command_line() -> None:
    draft = typed(optimizer__name="sgd", optimizer__momentum=0.5, optimizer__weight_decay=0.02)
    config = drafts.check(draft).config
    assert config is not None
    for part, registry in REGISTRIES.items():
        for name in registry.entries:
            changed = drafts.check(drafts.with_change(draft, f"{part}.name", name))
            assert changed.config == config.replace({f"{part}.name": name})


@pytest.mark.parametrize("first,second", [
    ({"optimizer.name": "sgd", "optimizer.momentum": 0.9, "optimizer.lr": 0.3}, {"optimizer.name": "adam"}),
    ({"optimizer.name": "muon", "optimizer.adamw_lr": 0.1, "optimizer.momentum": 0.5}, {"optimizer.name": "sgd"}),
    ({"schedule.name": "step", "schedule.every": 3}, {"schedule.name": "cosine"}),
    ({"loss.name": "focal", "loss.gamma": 1.0}, {"loss.name": "nll"}),
    ({"model.name": "cnn", "model.channels": "8, x", "model.widths": [4]}, {"model.name": "mlp"}),
])  # fmt: skip
def test_what_was_typed_comes_back_with_its_entry(first, second) -> None:
    draft = fresh()
    for name, value in first.items():
        draft = drafts.with_change(draft, name, value)
    ((chooses, name),) = second.items()
    part = chooses.partition(".")[0]
    away = drafts.with_change(draft, chooses, name)
    config = drafts.check(away).config
    assert config is not None and getattr(config, part) == getattr(RunConfig().replace(second), part)
    assert drafts.with_change(away, chooses, first[chooses]) == draft


def test_what_two_entries_share_is_as_it_was_last() -> None:
    draft = typed(optimizer__name="sgd", optimizer__momentum=0.9)
    there = drafts.with_change(drafts.with_change(draft, "optimizer.name", "rmsprop"), "optimizer.momentum", 0.5)
    assert drafts.with_change(there, "optimizer.name", "sgd")["optimizer.momentum"] == 0.5


def test_choosing_what_is_chosen_changes_nothing() -> None:
    draft = typed(optimizer__lr=0.02)
    assert drafts.with_change(draft, "optimizer.name", "adam") == draft


def test_a_rule_about_several_fields_stands_at_the_first_of_them() -> None:
    draft = typed(loss__name="weighted_cross_entropy", loss__weights=[0, 0])
    assert drafts.check(draft).errors == {"loss.weights": "Class weights are all 0; allowed: at least one above 0"}
