"""The exact script gives the numbers of `core.training.fit`, for every entry of every registry."""

import shutil
import subprocess
import sys
from typing import Any

import pytest

from core.loading.augmentations import AUGMENTATIONS
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.script.exact import exact_script
from tests.conftest import LONG
from tests.loading.augmentations.test_entries import on
from tests.script.running import rows_of_the_app, run
from tests.training.contract import both, named, small

# The same operations on the same numbers in the same order; but the app's convolutional networks pool before ReLU, and
# its sums over an epoch are put together otherwise.
ROUNDING = 1e-6  # relative

EACH = [changes for part in ("optimizer", "schedule", "loss") for name in named(part) for changes in both(part, name)]


def check(config: RunConfig, digits, tmp_path, rounding: float = ROUNDING) -> None:
    found = run(exact_script(config, digits), tmp_path)["history"]
    expected = rows_of_the_app(config, digits)
    assert len(found) == len(expected) > 0
    for mine, theirs in zip(found, expected, strict=True):
        assert mine == pytest.approx(theirs, rel=rounding), (mine, theirs)


@pytest.mark.parametrize("changes", EACH, ids=str)
def test_it_gives_the_runs_numbers(digits, tmp_path, changes: dict[str, Any]) -> None:
    check(small(**changes), digits, tmp_path)


@pytest.mark.parametrize("name", AUGMENTATIONS.entries)
def test_it_draws_the_same_augmentations(digits, tmp_path, name: str) -> None:
    check(small(**{f"augment.{key}": value for key, value in on(name).items()}), digits, tmp_path)


def test_all_augmentations_at_once(digits, tmp_path) -> None:
    together = {f"augment.{key}": value for name in AUGMENTATIONS.entries for key, value in on(name).items()}
    check(small(**together, **{"data.normalize": "half", "training.seed": 7}), digits, tmp_path)


@pytest.mark.parametrize("changes", [
    {"model.name": "mlp"}, {"model.name": "layers"}, {"model.name": "whitened_cnn", "model.filters": 16},
    pytest.param({"model.name": "resnet18", "data.limit": 20, "training.batch_size": 10, "training.epochs": 1},
                 marks=LONG),
    pytest.param({"model.name": "mobilenet_v3_small", "data.size": 32, "data.limit": 20, "training.batch_size": 10},
                 marks=LONG),
    pytest.param({"model.name": "efficientnet_lite0", "data.size": 32, "data.limit": 20, "training.batch_size": 10},
                 marks=LONG),
    {"data.validation": 0, "data.shuffle": False}, {"data.limit": 61, "training.patience": 1, "training.epochs": 4},
    {"data.normalize": "imagenet", "data.size": 12}, {"training.precision": "bfloat16"},
], ids=str)  # fmt: skip
def test_other_models_and_data(digits, tmp_path, changes: dict[str, Any]) -> None:
    other = {key: value for key, value in small().flat().items() if not key.startswith("model.")}
    begun = RunConfig().replace(other) if "model.name" in changes else small()
    check(begun.replace(changes), digits, tmp_path)


@pytest.mark.parametrize("changes", [
    {"model.trains": "head"}, {"model.trains": "last_block", "training.patience": 1},
    {"model.name": "efficientnet_lite0", "model.weights": "imagenet", "model.trains": "head", "data.size": 32},
    {"model.name": "mobilenet_v3_small", "model.trains": "head", "data.size": 32, "loss.name": "nll"},
    pytest.param({"model.name": "resnet18", "model.trains": "last_block", "data.size": 16}, marks=LONG),
    {"model.trains": "head", "augment.rotate": 5},
], ids=str)  # fmt: skip
def test_layers_that_keep_their_weights(digits, tmp_path, changes: dict[str, Any]) -> None:
    """What they make of an image is computed once, where it is the same in every epoch."""
    config = RunConfig().replace({"model.name": "cnn", "data.limit": 40, "training.epochs": 2, **changes})
    check(config, digits, tmp_path)
    assert ("def features(" in exact_script(config, digits).text) == ("augment.rotate" not in changes)


def test_prepared_images_may_be_taken_elsewhere(digits, tmp_path) -> None:
    edited = Prepared(digits.folder)
    edited.meta = digits.meta.model_copy(update={"version": "v2"})
    script, copy = exact_script(small(), edited), tmp_path / "taken along"
    shutil.copytree(digits.folder, copy)
    assert "--data COPY" in script.about and "prepare digits --version v2\n" in script.text
    assert script.text.count(str(digits.folder)) == 1
    here, there = run(script, tmp_path), run(script, tmp_path, "--data", str(copy))
    assert (here["folder"], there["folder"]) == (str(digits.folder), str(copy))
    assert here["history"] == there["history"]
    with pytest.raises(SystemExit, match="--data needs the folder"):
        run(script, tmp_path, "--data")


@pytest.mark.parametrize("optimizer", ["lion", "muon"])
def test_every_name_in_it_is_there(digits, optimizer: str) -> None:
    """Of what functions of this program say about types nothing is left, and no import without a use."""
    together = {f"augment.{key}": value for name in AUGMENTATIONS.entries for key, value in on(name).items()}
    config = small(**together, **{"optimizer.name": optimizer, "loss.name": "focal", "data.size": 12})
    text = exact_script(config, digits).text
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", "-"]
    found = subprocess.run(ruff, input=text, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
