"""What a run says of itself while it is at work."""

import pytest

from core.datasets.source import DataSource
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.execute import execute, features_stage
from core.runs.lab import Lab
from core.training import evaluate
from core.training.events import Evaluating, Event


def stages(lab: Lab, config: RunConfig) -> list[tuple[float, str]]:
    """How far the run was and what it said that it did, at each event of an evaluation."""
    seen = []
    run = lab.store.add(config, state="running")

    def note(event: Event) -> None:
        if isinstance(event, Evaluating):
            now = lab.store.get(run.id)
            seen.append((now.progress, now.stage))

    assert execute(run, lab, note).state == "finished"
    return seen


def test_a_run_that_measures_says_so(
    lab: Lab, digits: Prepared, small: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "PROGRESS_INTERVAL_S", 0.0)
    seen = stages(lab, small)
    assert list(dict.fromkeys(seen)) == [
        (0.0, "measuring the untrained model"),
        (pytest.approx(1 / 3), "measuring after epoch 1 of 3"),
        (pytest.approx(2 / 3), "measuring after epoch 2 of 3"),
        (1.0, "measuring after epoch 3 of 3"),
        (1.0, "measuring on the test images"),
    ]


def test_a_run_that_stops_early_says_that_it_measures_on_the_test_images(
    lab: Lab, digits: Prepared, small: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "PROGRESS_INTERVAL_S", 0.0)
    config = small.replace({"training.patience": 1, "optimizer.lr": 1e-8, "training.epochs": 9})
    progress, stage = stages(lab, config)[-1]
    assert progress < 1 and stage == "measuring on the test images"


def test_a_run_prepares_the_built_in_set_that_it_begins_with(lab: Lab) -> None:
    run = lab.store.add(RunConfig().replace({"model.name": "mlp", "training.epochs": 1}), state="running")
    lab.store.change(run.id, requested_action="pause")
    run = execute(run, lab)
    assert run.state == "paused" and not prepare.find(DataSource("digits"), lab.workspace)
    lab.store.move(run.id, "running", only_from=["paused"])
    run = execute(lab.store.get(run.id), lab)
    assert run.state == "finished" and prepare.find(DataSource("digits"), lab.workspace)


def test_how_long_features_still_take_is_told():
    assert features_stage(Evaluating(100, 400), 2.0).replace("\u202f", " ") == (
        "computing features: 100 of 400 images · about 6.0 s left"
    )
