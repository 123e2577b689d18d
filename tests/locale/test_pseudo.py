"""All words of the command line go through gettext: in a language that nobody speaks, none of them stands outside its
brackets but names, numbers, units and what is typed."""

import gettext
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import translations
from core.cli.parser import main
from core.datasets import catalog
from core.files.paths import Workspace
from core.insight.attribution import ATTRIBUTIONS
from core.recipes import RECIPES
from core.run_config import RunConfig
from core.runs.store import Run
from tests.locale.pseudo import CLOSE, CODE, OPEN, Pseudo, bare_words, longer, translated

# What stands outside brackets by right: units and marks beside numbers, and the words of the command line itself.
DATA = re.compile(
    r"""
    \b(min|ms|kB|MB|GB|TB|epochlab)\b
    | python\ -m\ core(\ [a-z]+)?
    | (?<!\S)[\[(]?--?[a-z]+                # options
    | \{[a-z,]+\}                          # what one can choose from
    | \b[a-z]+\.[a-z_]+\b                  # settings, and names of files
    | \([0-9a-f]{8}\)                      # a run's id
    """,
    re.VERBOSE,
)
QUICK = ["--recipe", "digits-quick", "--set", "training.epochs=1", "--set", "model.channels=[8]"]


@pytest.fixture
def read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., str]:
    """`read("runs")`: all that a command prints in that language, on both streams."""
    pseudo = Pseudo()
    monkeypatch.setattr(translations, "languages", lambda: ["en", CODE])
    monkeypatch.setattr(translations, "catalogue", lambda code: pseudo if code == CODE else gettext.NullTranslations())
    for name, value in (("HOME", workspace.home), ("DATA", workspace.data), ("DB", workspace.database)):
        monkeypatch.setenv(f"EPOCHLAB_{name}", str(value))
    monkeypatch.setenv("EPOCHLAB_LANGUAGE", CODE)
    monkeypatch.setenv("COLUMNS", "100")  # argparse breaks its lines at the terminal's width

    def run(*arguments: object) -> str:
        try:
            main([str(one) for one in arguments])
        except SystemExit as done:  # as argparse ends its help
            assert done.code == 0
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


def left(text: str, *names: str) -> list[str]:
    """The words outside brackets that are neither data nor among `names`."""
    paths = {name for name in names if "/" in name}
    for given in (paths, {*names} - paths):
        for name in sorted(given, key=len, reverse=True):
            text = text.replace(name, "")
        text = DATA.sub("", text)
    return bare_words(text)


COMMANDS = ("datasets", "recipes", "runs", "prepare", "train", "submit", "show", "pause", "resume", "cancel", "delete",
            "predict", "evaluate", "export", "forget", "find-lr", "estimate", "compare", "repeat", "continue",
            "fork", "explain", "edits", "suspects", "map", "export-data", "script", "serve", "report",
            "pack", "unpack", "track", "worker", "computers")  # fmt: skip


def test_a_message_keeps_its_places_and_grows() -> None:
    text = "Batches of {size:count} images, `data.limit` and %{y:.1f} %"
    assert translated(text) == "⟦Bààtçhééš ööf {size:count} îîmààgééš, `data.limit` ààñd %{y:.1f} %⟧"
    assert 1.3 < len(longer("validation accuracy of the last epoch")) / 37 < 1.5
    text = f"some {OPEN}ööñéé {OPEN}ééàçh{CLOSE}, bare wîîthîîñ 3 d{CLOSE} epochs"
    assert bare_words(text) == ["some", "epochs", "some", "bare", "epochs"]


def test_the_help(read: Callable[..., str]) -> None:
    assert left(read("--help"), *COMMANDS) == []
    for command in COMMANDS:
        text = read(command, "--help")
        names = ("safetensors", "onnx", "zip", "ipynb", "py", "html", *ATTRIBUTIONS.entries, *command.split("-"))
        assert OPEN in text and left(text, *names) == [], command


def test_lists(read: Callable[..., str], trained: Run) -> None:
    names = [line.split()[0] for line in read("datasets").splitlines()]
    assert "mnist" in names and left(read("datasets"), *names) == []
    assert left(read("recipes"), *(recipe.name for recipe in RECIPES)) == []
    assert left(read("runs"), trained.id, trained.name) == []


def test_an_empty_list_says_how_to_begin(read: Callable[..., str]) -> None:
    text = read("runs")
    assert OPEN in text and left(text) == []


def test_what_a_run_is_and_does(read: Callable[..., str], trained: Run, tmp_path: Path) -> None:
    settings = [word for name, value in trained.config.flat().items() for word in (name, str(value))]
    shown = read("show", trained.id)
    assert shown.count(OPEN) > 10
    lines = [line for line in shown.splitlines() if line.split()[0] not in settings]  # dotted names and JSON
    assert left("\n".join(lines), trained.id, trained.name) == []
    assert left(read("evaluate", trained.id), trained.id, trained.name) == []
    picture = tmp_path / "one.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(picture)
    for command in (["predict", trained.id, picture], ["export", trained.id, "--to", tmp_path / "weights.pt"]):
        text = read(*command)
        assert (
            OPEN in text
            and left(text, *(str(tmp_path / f"weights.{one}") for one in ("pt.json", "pt.md")), *map(str, command))
            == []
        )
    assert left(read("delete", trained.id, "--yes"), trained.id, trained.name) == []


@pytest.mark.slow
def test_training_and_preparing(read: Callable[..., str]) -> None:
    for command in (["prepare", "digits"], ["train", *QUICK]):
        text = read(*command)
        # tqdm writes a rate of its own beside the words of a bar; a folder is called as it is.
        text = re.sub(r"[\d.]+[kM]?/s|it/s|(?<= )/[^\s⟧]+", "", text)
        assert OPEN in text and left(text) == []


RECIPE_NAMES = [recipe.name for recipe in RECIPES]
SETTING_NAMES = [name for part in ("data", "model", "schedule") for name in getattr(RunConfig(), part).model_dump()]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["show", "nobody"], ["nobody"]),
        (["prepare", "mnits"], ["mnits", "folder", *catalog.catalog()]),
        (["prepare", "folder"], ["folder"]),
        (["predict", "trained", "missing.png"], ["missing.png"]),
        (["train", "--recipe", "nothing"], ["nothing", *RECIPE_NAMES]),
        (["train", "--config", "missing.json"], ["missing.json"]),
        (["train", *QUICK, "--set", "optimizer.lr"], []),
        (["train", *QUICK, "--set", "optimizer.lr=-1", "--set", "model.widths=[0]", "--set", "data.flop=1"],
         SETTING_NAMES),
        (["train", *QUICK, "--set", "schedule.gamma=0.5"], ["none", "exponential"]),
        (["export", "trained", "--to", "weights.doc"], ["PyTorch", "safetensors", "onnx", "zip", ".doc"]),
        (["delete", "trained"], []),
        # argparse's own sentence: it comes from the library, in English, as a reason of the system does.
        (["evaluate"], ["the following arguments are required"]),
    ],
    ids=lambda value: " ".join(value) if "--" not in value else None,
)  # fmt: skip
def test_errors(command: list[str], names: list[str], read: Callable[..., str], trained: Run) -> None:
    text = read(*command)
    assert OPEN in text and left(text, *names) == []
