"""The worked examples of CONTRIBUTING.md are code, and its commands are there."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_every_example_is_python() -> None:
    assert len(blocks("python")) >= 7
    for block in blocks("python"):
        ast.parse(block)


def test_the_extension_package_names_the_group_that_is_looked_for() -> None:
    from core.settings.registry import GROUP

    (package,) = map(tomllib.loads, blocks("toml"))
    assert list(package["project"]["entry-points"]) == [GROUP]


def test_what_it_tells_to_run_is_there() -> None:
    for script in re.findall(r"bash (\.ci/\w+)", TEXT):
        assert (ROOT / script).is_file(), script
    for module in re.findall(r"python -m (tests\.\w+|benchmarks\.\w+)", TEXT):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
