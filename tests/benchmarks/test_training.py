"""The tables of training, once at a tiny size, on small files of the tester's own."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks import step_profile, time_to_accuracy, training, tutorial_loop
from core.recipes import RECIPES
from tests.benchmarks.tables import number, tables
from tests.conftest import LONG
from tests.datasets import makers

pytestmark = pytest.mark.slow


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own with a small MNIST, and a ZIP of photographs."""
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EPOCHLAB_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("EPOCHLAB_DB", raising=False)
    makers.mnist(tmp_path / "data" / "MNIST" / "raw")
    files = {
        f"{split}/{name}/{number}.jpg": photograph(seed)
        for split in ("train", "val")
        for seed, name in enumerate(("ants", "bees"))
        for number in range(2)
    }
    return makers.archive(tmp_path / "photos.zip", files)


def photograph(seed: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(makers.pixels(1, 300, 260, 3, seed=seed)[0]).save(content, "JPEG")
    return content.getvalue()


@LONG
def test_side_by_side(photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--tiny", "--times", "1", "--photos", str(photos), "--recipes", "mnist-mlp", "folder-resnet18"]
    monkeypatch.setattr("sys.argv", ["training", *options])
    training.main()
    rows, shares = tables(capsys.readouterr().out)
    precisions = [(row["recipe"], row["precision"]) for row in shares]
    assert precisions == [
        ("`mnist-mlp`", "float32"), ("`folder-resnet18`", "float32"), ("`folder-resnet18`", "bfloat16"),
    ]  # fmt: skip
    assert all(number(row["share of the largest layer"].strip("*")) > 0 for row in shares)
    assert [row["recipe"] for row in rows] == ["`mnist-mlp`", "`folder-resnet18`"]
    for row in rows:
        assert number(row["ratio"].strip("*")) > 0
        for side in ("tutorial", "Epochlab"):
            assert number(row[f"{side}, images/s"]) > 0 and number(row[f"evaluation, {side}"]) > 0
            assert 0 <= number(row[f"test accuracy, {side}"]) <= 100


def test_where_a_step_spends_its_time(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["step_profile", "digits-quick", "--precision", "float32", "--tiny"])
    step_profile.main()
    out = capsys.readouterr().out
    (rows,) = tables(out)
    spent = {row["work"]: number(row["ms a step"]) for row in rows}
    assert spent["convolutions"] > 0 and spent["dense layers"] > 0 and spent["optimizer"] > 0
    whole = number(out.split("threads: ")[1].split(" ms")[0])
    assert sum(spent.values()) == pytest.approx(whole, abs=0.1)


def test_time_to_accuracy(
    photos: Path,
    in_process: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def lines(module: str, *arguments: str) -> Iterator[dict[str, Any]]:
        """Ours is read to its end; the tutorial's process is ended before."""
        if module == "core":
            return map(json.loads, in_process(module, *arguments).splitlines())
        return as_a_process(module, *arguments)

    as_a_process = time_to_accuracy.lines
    monkeypatch.setattr(time_to_accuracy, "lines", lines)
    race = time_to_accuracy.Race("mnist-mlp", "mnist-mlp", (0.0, 1.1), asked="1", most=1)
    monkeypatch.setattr(time_to_accuracy, "RACES", (race,))
    monkeypatch.setattr("sys.argv", ["time_to_accuracy", "--tiny"])
    time_to_accuracy.main()
    ((reached, not_reached),) = tables(capsys.readouterr().out)
    # Of so few digits the tutorial may be sooner by any factor.
    assert number(reached["times sooner"].strip("*")) >= 0 and reached["Epochlab"].startswith("`mnist-mlp`: ")
    assert not_reached["Epochlab"] == "`mnist-mlp`: not reached" and not not_reached.get("times sooner")


def test_the_tutorials_are_the_recipes_that_say_so() -> None:
    there = {entry.name: entry for entry in RECIPES}
    assert set(tutorial_loop.TUTORIALS) == {work.recipe for work in training.WORK}
    exact = {entry.name for entry in RECIPES if entry.tutorial}
    assert set(tutorial_loop.TUTORIALS) == exact | {"folder-resnet18"}, "which differs in holding out images"
    assert {race.ours for race in time_to_accuracy.RACES} <= set(there)
    for name, tutorial in tutorial_loop.TUTORIALS.items():
        config = there[name].config.training
        assert (tutorial.batch_size, tutorial.epochs) == (config.batch_size, config.epochs)
