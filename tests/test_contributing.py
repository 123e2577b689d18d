"""The worked examples of CONTRIBUTING.md are code, and its commands are there."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_every_example_is_python() -> None:
    assert len(blocks("python")) >= 7
    for block in blocks("python"):
        ast.parse(block)


def test_examples_of_entries_can_be_pasted() -> None:
    """Each says all that it imports, and makes an entry of its kind."""
    whole = [block for block in blocks("python") if block.startswith('"""') and "SPECS = (" in block]
    kinds = set()
    for block in whole:
        names: dict[str, Any] = {"__name__": "example"}
        exec(compile(block, "CONTRIBUTING.md", "exec"), names)
        kinds |= {type(entry).__name__ for entry in names["SPECS"]}
    entries = {"OptimizerSpec", "ScheduleSpec", "MetricSpec", "AugmentationSpec", "DatasetSpec", "ExporterSpec"}
    assert kinds >= entries | {"RuleSpec"}


def test_the_extension_package_names_the_group_that_is_looked_for() -> None:
    from core.settings.registry import GROUP

    (package,) = map(tomllib.loads, blocks("toml"))
    assert list(package["project"]["entry-points"]) == [GROUP]


def test_what_it_tells_to_run_is_there() -> None:
    for script in re.findall(r"bash (\.ci/\w+)", TEXT):
        assert (ROOT / script).is_file(), script
    for module in re.findall(r"python -m (tests\.\w+|benchmarks\.\w+)", TEXT):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
