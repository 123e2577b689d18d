"""The verdict on real runs: each broken one is told why, a healthy one is left in peace, and the advice helps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.insight.diagnosis import Verdict, measured, verdicts_of
from core.insight.rules import RULES
from core.prepared.arrays import Prepared
from core.prepared.prepare import prepare
from core.recipes import recipe
from core.runs.foreground import train_here
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import Run
from tests.conftest import but_for

Changes = dict[str, Any]
Train = Callable[[Changes], Run]

# A recipe made smaller, for half a second or so; everything below is this with a change.
SMALL = {"model.channels": [8, 16], "model.widths": [32], "training.epochs": 8}
MLP = {"model.name": "mlp", "model.widths": [64, 64]}
SGD = {"optimizer.name": "sgd", "optimizer.momentum": 0.9}
NO_NORM = {"model.batch_norm": False}

# What is broken → the changes that break it, and the rule that has to say so first.
BROKEN: dict[str, tuple[str, Changes]] = {
    "a rate that ends in nan": ("diverged", MLP | SGD | {"optimizer.lr": 10.0}),
    "a rate that ends in huge losses": ("diverged", NO_NORM | {"optimizer.name": "sgd", "optimizer.lr": 10.0}),
    "a rate that kills the network": ("stuck_at_chance", {"optimizer.lr": 0.1}),
    "a rate of next to nothing": ("stuck_at_chance", {"optimizer.lr": 1e-7}),
    "a weight decay of 1": ("stuck_at_chance", {"optimizer.weight_decay": 1.0}),
    "class by class": (
        "stuck_at_chance",
        {"data": "sorted", "data.shuffle": False, "optimizer.lr": 0.003, "training.batch_size": 4},
    ),
    "a rate that swings": ("rate_too_high", MLP | {"optimizer.lr": 0.05, "training.epochs": 14}),
    "fifty times the usual rate": ("rate_too_high", {"optimizer.lr": 0.05, "training.epochs": 15}),
    "a tenth of the rate": ("rate_too_low", {"optimizer.lr": 1e-4}),
    "eighty images for thirty epochs": (
        "overfitting",
        MLP | {"data.limit": 80, "training.epochs": 30, "optimizer.lr": 0.003},
    ),
    "a hundred images": (
        "overfitting",
        {"data.limit": 100, "data.validation": 0.3, "training.batch_size": 4, "training.epochs": 14},
    ),
    "a rate that a schedule takes away": (
        "rate_ends_early",
        {"schedule.name": "exponential", "schedule.gamma": 0.1, "optimizer.lr": 3e-4},
    ),
    "two neurons": (
        "underfitting",
        {"model.name": "mlp", "model.widths": [2], "training.epochs": 20, "optimizer.lr": 0.01},
    ),
    "three classes of twelve images": (
        "class_never_predicted",
        {"data": "rare", "training.epochs": 9, "training.seed": 1, "data.validation": 0.4},
    ),
    "three classes of 25 images": (
        "class_imbalance",
        {"data": "unequal", "training.epochs": 9, "training.seed": 1, "data.validation": 0.4},
    ),
    "small batches against a large weight decay": (
        "noisy_epochs",
        {
            "optimizer.lr": 0.01,
            "optimizer.weight_decay": 0.1,
            "training.batch_size": 8,
            "data.limit": 400,
            "data.validation": 0.3,
            "training.epochs": 12,
        },
    ),
    "early stopping on the test set": (
        "chosen_on_test",
        {"data.validation": 0.0, "training.patience": 2, "training.epochs": 15},
    ),
    "29 validation images": ("few_validation_images", {"data.validation": 0.02}),
    "a dropout of 80 %": ("validation_above_training", {"model.dropout": 0.8}),
}

HEALTHY: dict[str, Changes] = {
    "the recipe itself": {"model.channels": [32, 64], "model.widths": [64], "training.epochs": 20},
    "the recipe made smaller": {},
    "another seed": {"training.seed": 1},
    "larger batches": {"training.batch_size": 32, "optimizer.lr": 0.003},
    "SGD with momentum": SGD | {"optimizer.lr": 0.02},
    "AdamW and one-cycle": {"optimizer.name": "adamw", "optimizer.lr": 0.01, "schedule.name": "one_cycle"},
    "SGD that hits the ceiling and comes back": {"optimizer.name": "sgd", "optimizer.lr": 0.2},
    "cosine": {"optimizer.lr": 0.003, "schedule.name": "cosine"},
    "a rate that falls in steps": {"schedule.name": "step", "schedule.every": 2, "schedule.factor": 0.3},
    "an MLP": MLP | {"training.epochs": 12},
    "a little dropout": {"model.dropout": 0.25, "training.epochs": 12, "optimizer.lr": 0.002},
    "augmentation": {"augment.shift": 0.05, "training.epochs": 12, "optimizer.lr": 0.002},
    "mixup": {"augment.mixup": 0.4, "training.epochs": 20},
    "label smoothing": {"loss.label_smoothing": 0.1},
    "more validation images": {"data.validation": 0.2},
}

# Folders of digits: training images by class. Of each class there are thirty test images.
FOLDERS = {
    "sorted": dict.fromkeys(range(4), 130),
    "rare": {3: 170, 5: 12, 8: 12, 9: 12},
    "unequal": {3: 175, 5: 25, 8: 25, 9: 25},
}


@pytest.fixture(scope="module")
def trials(prepared_digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab of all runs of this module, on the digits and on folders of them."""
    home = tmp_path_factory.mktemp("trials")
    (home / "cache").mkdir()
    (home / "cache" / "digits").symlink_to(prepared_digits)
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    return Lab(workspace, SqlStore(workspace.database))


def folder_of_digits(lab: Lab, name: str) -> DataSource:
    """The digits as image files, class by class, prepared."""
    digits, root = Prepared(lab.workspace.cache / "digits"), lab.workspace.home / name
    source = DataSource("folder", str(root))
    if root.exists():
        return source
    for split, most in (("train", FOLDERS[name]), ("test", dict.fromkeys(FOLDERS[name], 30))):
        indices = digits.indices(split)
        for digit, count in most.items():
            place = root / split / f"digit {digit}"
            place.mkdir(parents=True)
            for index in indices[np.asarray(digits.labels[indices]) == digit][:count]:
                Image.fromarray(digits.array[index][..., 0]).save(place / f"{index}.png")
    list(prepare(source, lab.workspace))
    return source


@pytest.fixture
def train(trials: Lab) -> Train:
    """`train({"optimizer.lr": 0.1})` trains the small recipe with that change; `data` names one of `FOLDERS`."""

    def trained(changes: Changes) -> Run:
        changes = dict(changes)
        if name := changes.pop("data", ""):
            changes |= folder_of_digits(trials, name).settings
        config = recipe("digits-quick").config.replace(SMALL).replace(changes)
        return train_here(config, trials, "trial", None, lambda event: None)

    return trained


def judged(run: Run, lab: Lab) -> list[Verdict]:
    return verdicts_of(run, lab.store.epochs(run.id), lab.store.steps(run.id), lab)


def named(found: list[Verdict]) -> list[str]:
    return [one.rule.name for one in found]


# Those that train for long, and of one kind with others.
DEAR = {
    "a rate that kills the network", "a rate of next to nothing", "class by class", "a tenth of the rate",
    "eighty images for thirty epochs", "small batches against a large weight decay", "29 validation images",
    "the recipe itself", "another seed", "larger batches", "AdamW and one-cycle", "a little dropout", "augmentation",
    "label smoothing", "a rate that ends in huge losses", "cosine", "more validation images",
}  # fmt: skip


@pytest.mark.parametrize("what", but_for(BROKEN, DEAR))
def test_what_is_broken_is_named_first_with_its_numbers_and_the_change_mends_it(
    what: str, train: Train, trials: Lab
) -> None:
    rule, changes = BROKEN[what]
    run = train(changes)
    first, *others = judged(run, trials)
    assert first.rule.name == rule, (first.values, named(others))
    told = first.values
    assert first.finding.numbers and all(np.isfinite(value) for value in first.finding.numbers.values())
    assert all(word in json.loads(json.dumps(told)) for word in ("rule", "evidence", "happened", "advice", "changes"))
    for sentence in (told["happened"], told["advice"]):  # one of each: two are shown
        assert sentence.endswith(".") and ". " not in sentence and "{" not in sentence
    if told["changes"]:
        again = train_here(run.config.replace(told["changes"]), trials, "again", None, lambda event: None)
        assert rule not in named(judged(again, trials)), what
        assert again.state == "finished" and again.summary
        before = (run.summary or {}).get("test_accuracy", 0.0)
        assert again.summary["test_accuracy"] >= before - 0.03, what  # of 120 images or more, by chance


@pytest.mark.parametrize("what", but_for(HEALTHY, DEAR))
def test_a_healthy_run_is_left_in_peace(what: str, train: Train, trials: Lab) -> None:
    run = train(HEALTHY[what])
    assert named(judged(run, trials)) == []
    assert measured(run, []).doubts == []


def test_every_rule_has_a_run_that_breaks_it() -> None:
    assert {rule for rule, _changes in BROKEN.values()} == set(RULES.entries)


def test_without_the_images_the_curves_still_say_most(train: Train, trials: Lab) -> None:
    """A run is judged long after its data set was removed."""
    run = train({"optimizer.lr": 0.1})
    gone = trials.workspace.cache / "digits"
    away = gone.rename(gone.with_name("away"))
    try:
        assert named(judged(run, trials)) == ["stuck_at_chance"]
    finally:
        away.rename(gone)
