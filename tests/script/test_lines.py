"""The line that a control shows is in the script of the same settings."""

import ast
import re
from typing import Any

import pytest

from core.datasets.catalog import FOLDER
from core.models import MODELS
from core.run_config import RunConfig, fields_of
from core.script.lines import line_of, told_line
from core.script.plain import plain_script
from core.settings.fields import hints
from tests.script.test_plain import AUGMENTED, EACH, described
from tests.training.contract import small

CHANGED = {
    "data.limit": 33, "data.validation": 0.2, "data.shuffle": False, "data.size": 12, "data.normalize": "imagenet",
    "model.kernel_size": 5, "model.padding": 2, "model.dropout": 0.25, "model.batch_norm": True,
    "model.activation": "gelu", "model.channels": [7], "model.widths": [9],
    "training.epochs": 3, "training.batch_size": 17, "training.seed": 5, "training.patience": 2,
    "training.device": "cpu", "training.precision": "bfloat16",
}  # fmt: skip
MODEL = [{"model.name": name} for name in MODELS.entries]
FROZEN = {"model.name": "resnet18", "model.weights": "imagenet", "model.trains": "head", "optimizer.backbone_lr": 0.1}
STARTS = [FROZEN, {**FROZEN, "model.name": "efficientnet_lite0"}, {"model.weights": "run:0123abcd"}]


def lines(config: RunConfig) -> dict[str, str]:
    """Dotted name → line of every setting on the form."""
    found = {}
    for part in RunConfig.model_fields:
        settings = getattr(config, part)
        for key, info in fields_of(part, type(settings)).items():
            if hints(info):
                found[f"{part}.{key}"] = line_of(part, settings, key)
    return found


@pytest.mark.parametrize(
    "changes",
    [{}, CHANGED, {"augment.rotate": 5, "augment.shift": 0.1, **CHANGED}, *EACH, *AUGMENTED, *MODEL, *STARTS],
    ids=str,
)
def test_each_line_stands_in_the_script(digits, changes: dict[str, Any]) -> None:
    sized = {"data.size": 32} if changes.get("model.name") not in ("mlp", "cnn", "layers") else {}
    config = small(**changes) if "model.name" not in changes else RunConfig().replace({**changes, **sized})
    text = plain_script(config, digits).text
    statements = {ast.unparse(one) for one in ast.walk(ast.parse(text)) if isinstance(one, ast.stmt)}
    for name, line in lines(config).items():
        pattern = re.escape(line).replace("…", ".*")
        assert line in statements or re.search(pattern, "\n".join([text, *statements])), f"{name}: {line}"
        if name in changes and changes[name] != "none":
            assert line, name


def test_what_is_off_shows_the_line_that_it_would_be(digits) -> None:
    """Every control of the form of a CNN that changes the script, whatever it is set to."""
    config, silent = small(), set()
    for name in lines(config):
        part, _dot, key = name.partition(".")
        value, line = told_line(part, getattr(config, part), key)
        if value is None:
            silent |= {key} - ({key} if line else set())
            continue
        text = plain_script(config.replace({name: value}), digits).text
        statements = [ast.unparse(one) for one in ast.walk(ast.parse(text)) if isinstance(one, ast.stmt)]
        assert re.search(re.escape(line).replace("…", ".*"), "\n".join([text, *statements])), f"{name}: {line}"
    assert silent <= {"path", "layout", "version", "columns", "rand_augment_magnitude", "name"}, silent


@pytest.mark.parametrize("changes", [{}, {"data.version": "v2", "data.columns": "file,label"}], ids=str)
def test_the_line_of_a_folder_of_images(tmp_path, changes: dict[str, Any]) -> None:
    folder = {"data.name": FOLDER, "data.path": str(tmp_path), "model.name": "mlp", **changes}
    config = RunConfig().replace(folder)
    (line,) = {line for name, line in lines(config).items() if name in folder and name.startswith("data.")}
    assert re.search(re.escape(line).replace("…", ".*"), plain_script(config, described(FOLDER, tmp_path)).text)


def test_what_changes_nothing_has_no_line(digits) -> None:
    found = lines(RunConfig())
    silent = {name for name, line in found.items() if not line and not name.startswith("augment.")}
    assert silent == {"data.path", "data.layout", "data.version", "data.columns", "data.limit",
                      "data.size", "model.dropout", "model.trains", "schedule.name",
                      "optimizer.backbone_lr", "training.patience", "training.precision"}  # fmt: skip
    assert not [line for name, line in found.items() if name.startswith("augment.") and line]
