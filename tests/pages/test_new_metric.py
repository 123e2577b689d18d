"""A metric is one entry: whoever adds it finds it in the store, on the pages, in the files and on the command line."""

import json
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.cli.parser import main
from core.insight.evaluation import evaluate
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.metrics import METRICS
from core.training.metrics.spec import MetricSpec
from pages.compare import curves as compare_curves
from pages.train import epoch_table, live
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]
SHARE = "share_of_fives"
PERPLEXITY = "perplexity"


class Fives:
    """How often a 5 is answered."""

    def __init__(self, classes: int) -> None:
        self.fives = self.images = 0

    def add(self, predictions) -> None:
        self.fives += int((predictions.predicted == 5).sum())
        self.images += len(predictions.labels)

    def value(self) -> float | None:
        return self.fives / self.images if self.images else None


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries more, as a new module of the package, or another package, brings them."""
    fives = MetricSpec(SHARE, "Share of fives", format="percent", direction="lower", start=Fives)
    perplexity = MetricSpec(PERPLEXITY, "Perplexity", of_steps=lambda steps: 2.0 ** (steps.loss_sum / steps.images))
    for spec in (fives, perplexity):
        monkeypatch.setitem(METRICS.entries, spec.name, spec)


@pytest.fixture
def run(lab: Lab, added: None) -> Run:
    return really_trained(lab, "real")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """The charts that the pages drew, newest last."""
    charts: list[dict] = []
    for page in (live, compare_curves):
        monkeypatch.setattr(page, "live_chart", lambda figure, label, key: charts.append({**figure, "label": label}))
    return charts


def panels(chart: dict) -> list[str]:
    return [note["text"] for note in chart["layout"]["annotations"] if "domain" in note["xref"]]


def test_it_is_in_the_store(lab: Lab, run: Run) -> None:
    epochs, steps = lab.store.epochs(run.id), lab.store.steps(run.id)
    assert all(0 <= row[f"val_{SHARE}"] <= 1 for row in epochs) and all(row[PERPLEXITY] > 1 for row in steps)
    assert run.summary[f"test_{SHARE}"] == evaluate(run, "test", lab.workspace).metrics[SHARE]


def test_it_is_drawn_on_the_page_of_the_run(show: Show, run: Run, drawn: list[dict]) -> None:
    app = show("pages/2_Train.py", run=run.id)
    usual = ["<b>Loss</b> (nats)", "<b>Accuracy</b> (% of images)"]
    assert panels(drawn[-1]) == usual
    charts = next(one for one in app.button_group if one.label == "Charts")
    charts.set_value(["Loss", "Share of fives", "Perplexity"]).run()
    assert not app.exception
    assert panels(drawn[-1]) == [usual[0], "<b>Share of fives</b>", "<b>Perplexity</b>"]
    assert {trace["yaxis"] for trace in drawn[-1]["data"]} == {"y1", "y2", "y3"}
    (mark,) = [trace for trace in drawn[-1]["data"] if trace["mode"] == "markers" and trace["yaxis"] == "y2"]
    line = next(trace for trace in drawn[-1]["data"] if trace["mode"] != "markers" and trace["yaxis"] == "y2")
    assert mark["y"] == pytest.approx([min(line["y"][1:])], abs=1e-5)  # lower is better
    assert "validation share of fives" in drawn[-1]["label"] and "perplexity" in drawn[-1]["label"]
    charts.set_value([]).run()
    assert any("Choose at least one kind of chart" in one.value for one in app.info)


def test_it_is_in_the_epoch_table_and_in_the_files(
    show: Show, lab: Lab, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, Callable[[], pd.DataFrame]] = {}
    monkeypatch.setattr(epoch_table.csv, "download_button", lambda table, file, **_: files.update({file[-10:]: table}))
    app = show("pages/2_Train.py", run=run.id)
    app.session_state[f"epochs-{run.id}"] = True
    shown = next(one for one in app.run().dataframe if one.proto.alt == "The numbers of every epoch.")
    table = shown.value
    assert "Validation share of fives" in shown.proto.columns
    epochs = lab.store.epochs(run.id)
    assert table[f"val_{SHARE}"].tolist() == [100 * row[f"val_{SHARE}"] for row in epochs]
    assert f"train_{SHARE}" not in table  # nobody computes it
    assert table["epoch_seconds"].cumsum().tolist() == pytest.approx(table["seconds"].tolist()), "its own and the total"
    assert files["epochs.csv"]()[f"val_{SHARE}"].tolist() == [row[f"val_{SHARE}"] for row in epochs]
    assert files["-steps.csv"]()[PERPLEXITY].tolist() == [row[PERPLEXITY] for row in lab.store.steps(run.id)]


def test_it_is_compared(show: Show, lab: Lab, run: Run, drawn: list[dict]) -> None:
    other = really_trained(lab, "other", training__seed=1)
    app = show("pages/3_Compare.py", metric="Share of fives", runs=f"{run.id},{other.id}")
    assert panels(drawn[-1]) == ["<b>Share of fives</b>"]
    runs, values = (one.value for one in app.dataframe[:2])
    assert runs[f"test_{SHARE}"].tolist() == [100 * one.summary[f"test_{SHARE}"] for one in (other, run)]
    assert "Lowest share of fives" in values and "Last share of fives" in values
    confusion = show("pages/3_Compare.py", compare="Confusion", runs=run.id)
    next(button for button in confusion.button if button.label == "Evaluate").click().run()
    assert any("Top-5 accuracy" in one.value and "share of fives" in one.value for one in confusion.markdown)


def test_it_is_on_the_command_line(lab: Lab, run: Run, capsys: pytest.CaptureFixture) -> None:
    def said(*arguments: str) -> str:
        assert main(list(arguments)) == 0
        return capsys.readouterr().out

    quick = ("--recipe", "digits-quick", "--set", "training.epochs=1", "--json")
    *epochs, last = map(json.loads, said("train", *quick).splitlines())
    usual = ["epoch", "train_loss", "train_accuracy", "train_correct", "train_total", "val_loss", "val_accuracy"]
    assert list(epochs[0])[:7] == usual and list(epochs[0])[-2:] == ["lr", "seconds"]
    for name in (SHARE, "top5_accuracy", "balanced_accuracy", "macro_f1", "expected_calibration_error"):
        assert all(0 <= line[f"val_{name}"] <= 1 for line in epochs) and 0 <= last[f"test_{name}"] <= 1
    assert json.loads(said("show", run.id, "--json"))["epochs"][0][f"val_{SHARE}"] is not None
    text = said("show", run.id)
    assert "val share of fives" in text and "val acc." in text and "on the test images, too: top-5" in text
    assert SHARE in json.loads(said("evaluate", run.id, "--json"))["metrics"]
    assert "share of fives" in said("evaluate", run.id)


def test_what_its_extension_left_is_shown_without_it(
    show: Show, lab: Lab, run: Run, drawn: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(METRICS.entries, SHARE)
    monkeypatch.delitem(METRICS.entries, PERPLEXITY)
    app = show("pages/3_Compare.py", metric=["Share of fives", "Loss"], runs=run.id)
    assert panels(drawn[-1]) == ["<b>Loss</b> (nats)", "<b>Share of fives</b>"]
    assert f"test_{SHARE}" in app.dataframe[0].value
