"""The README's table of licences names what is installed here, as it describes itself."""

import re
from importlib.metadata import distribution, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VENDORED = {"onnxruntime-web": ROOT / "core" / "exporters" / "web" / "onnxruntime-web" / "LICENSE"}
FAMILIES = re.compile(r"Apache|BSD|BSL|CC0|GPL|ISC|MIT|MPL|PSF|Zlib")


def required() -> list[str]:
    text = "".join((ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt"))
    return re.findall(r"^([A-Za-z][\w.-]*)", text, re.MULTILINE)


def told() -> dict[str, set[str]]:
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|$", licences(), re.MULTILINE)
    return {name: set(FAMILIES.findall(words)) for name, words in rows}


def licences() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Licences")[2].partition("\n## ")[0]


def described(name: str) -> set[str]:
    """The families of licences that a package names: an expression, else classifiers, else the first line of words,
    else that of the licence that comes with it."""
    about = metadata(name)
    classified = " ".join(line for line in about.get_all("Classifier") or [] if line.startswith("License ::"))
    words = about.get("License-Expression") or classified or (about.get("License") or "").partition("\n")[0]
    if not FAMILIES.search(words):
        file = about.get("License-File")
        text = distribution(name).read_text(f"licenses/{file}" if file else "LICENSE") or ""
        words = text.strip().partition("\n")[0]
    return set(FAMILIES.findall(words.replace("Mozilla Public", "MPL")))


def test_every_requirement_stands_in_the_table_and_nothing_else() -> None:
    assert sorted(told()) == sorted([*required(), *VENDORED])
    for name, licence in VENDORED.items():
        assert told()[name] == set(FAMILIES.findall(licence.read_text().partition("\n")[0]))


@pytest.mark.parametrize("name", required())
def test_its_licence_is_the_one_told(name: str) -> None:
    assert told()[name] == described(name) != set()
