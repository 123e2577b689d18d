"""The best epoch is the same one everywhere, also of a run that no epoch made better than the untrained model."""

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.insight.comparison import curves
from core.runs.lab import Lab
from core.training.checkpoint import BEST, checkpoint_path, load
from pages.components import csv
from tests.pages.makers import really_trained

Show = Callable[..., AppTest]


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer__name": "sgd", "optimizer__lr": 10.0},  # far too high: every epoch guesses
        {"optimizer__name": "sgd", "optimizer__lr": 0.05},
    ],
    ids=["dead", "alive"],
)
def test_every_place_names_the_same_best_epoch(
    show: Show, lab: Lab, monkeypatch: pytest.MonkeyPatch, changes: dict
) -> None:
    files: dict[str, Callable[[], pd.DataFrame]] = {}
    monkeypatch.setattr(csv, "download_button", lambda table, file, **_: files.update({file: table}))
    run = really_trained(lab, "mine", training__epochs=8, training__patience=2, data__limit=200, **changes)
    assert run.state == "finished" and run.summary
    epochs = lab.store.epochs(run.id)
    after = {row.epoch: row["val_accuracy"] for row in epochs if row.epoch}
    best = max(after.values())
    epoch = next(number for number, value in after.items() if value == best)
    assert (run.summary["best_epoch"], run.summary["best_val_accuracy"]) == (epoch, best)
    if run.summary["stopped_early"]:
        assert run.summary["epochs"] == epoch + 2, "two epochs without a better one, counted from the best one"
    saved = load(checkpoint_path(lab.workspace.run(run.id), BEST))["progress"]
    assert saved["epoch"] == epoch + 1, "the weights offered as those of the best epoch"
    (mark,) = {one.best for one in curves(run, epochs, [], "accuracy") if one.best}
    assert mark == (epoch, best)
    page = show("pages/2_Train.py", run=run.id)
    (box,) = [one for one in page.metric if one.label == "Best validation accuracy"]
    assert str(box.delta).endswith(f"epoch {epoch}") and box.value.startswith(f"{100 * best:.2f}")
    table, values = (one.value for one in show("pages/3_Compare.py", runs=run.id).dataframe[:2])
    assert values["In epoch"].tolist() == [epoch] and values["Best accuracy"].tolist() == [best]
    assert table["best"].tolist() == pytest.approx([100 * best]) and table["last"].tolist() == pytest.approx(
        [100 * values["Last accuracy"][0]]
    )
    assert files["best-and-last.csv"]()["In epoch"].tolist() == [epoch]


def test_early_stopping_counts_from_the_first_epoch_not_from_the_untrained_model(lab: Lab) -> None:
    """Untrained it may guess better than after any epoch."""
    changes = {"optimizer__name": "sgd", "optimizer__lr": 1e-8, "training__patience": 3, "training__epochs": 9}
    run = really_trained(lab, "still", data__limit=50, **changes)
    assert run.summary and run.summary["stopped_early"]
    accuracies = {row["val_accuracy"] for row in lab.store.epochs(run.id)}
    assert len(accuracies) == 1, "nothing changes, so the first epoch is the best one"
    assert (run.summary["best_epoch"], run.summary["epochs"]) == (1, 4)
