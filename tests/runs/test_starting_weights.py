"""Runs that start from what another one has learnt, on other classes, and live without it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.datasets.source import DataSource
from core.errors import BadInput
from core.exporters.export import loading_code
from core.prepared import prepare
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.executors.local import LocalProcesses
from core.runs.foreground import train_here
from core.runs.lab import Lab
from core.runs.starting_weights import check, fitting_runs
from core.runs.store import Run
from core.training import checkpoint
from tests.runs.conftest import go_on

QUICK = RunConfig().replace({"model.channels": [6, 8], "model.widths": [12], "training.epochs": 2,
                             "training.batch_size": 64, "training.precision": "float32"})  # fmt: skip
EARLY, LATE = "01234", "56789"


@pytest.fixture
def quiet(lab: Lab, digits: Prepared, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The lab on prepared digits; no worker is started."""
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    return lab


def some_digits(lab: Lab, digits: Prepared, classes: str) -> RunConfig:
    """Settings on an image folder with these of the digits."""
    home, labels = lab.workspace.home / f"digits-{classes}", np.asarray(digits.labels)
    for number in range(400):
        if (name := digits.meta.classes[labels[number]]) in classes:
            (home / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(digits.image(number)[..., 0]).save(home / name / f"{number}.png")
    source = DataSource("folder", str(home))
    for _progress in prepare.prepare(source, lab.workspace):
        pass
    return QUICK.replace({"data.name": "folder", "data.path": str(home)})


def finished(lab: Lab, config: RunConfig, name: str = "first") -> Run:
    return execute(lab.store.add(config, name, state="running"), lab)


def train(lab: Lab, run: Run) -> Run:
    assert run.state == "queued"
    lab.store.move(run.id, "running", only_from=["queued"])
    return execute(lab.store.get(run.id), lab)


def weights_of(lab: Lab, run: Run, which: str = "last") -> dict[str, torch.Tensor]:
    return checkpoint.load(lab.files.checkpoint(run.id, which))["model"]


def from_run(config: RunConfig, run: Run, **changes: object) -> RunConfig:
    return config.replace({"model.weights": f"run:{run.id}", **changes})


def untrained(lab: Lab, config: RunConfig) -> dict[str, torch.Tensor]:
    """What a run has at epoch 0, as its own checkpoint holds it."""
    run = lab.submit(config)
    lab.store.move(run.id, "running", only_from=["queued"])
    kept: list[dict[str, torch.Tensor]] = []

    def note(_event: object) -> None:
        if not kept and lab.files.has_checkpoint(run.id):
            kept.append(weights_of(lab, run))
            lab.store.change(run.id, requested_action="cancel")

    execute(lab.store.get(run.id), lab, note)
    return kept[0]


def test_other_digits_begin_with_all_layers_but_the_last(quiet: Lab, digits: Prepared) -> None:
    first = finished(quiet, some_digits(quiet, digits, EARLY))
    later = some_digits(quiet, digits, LATE)
    old, began = weights_of(quiet, first), untrained(quiet, from_run(later, first))
    new = {name for name in old if not torch.equal(old[name], began[name])}
    assert new == {"11.weight", "11.bias"}, "the layer to the classes, and no other"
    second = train(quiet, quiet.submit(from_run(later, first), "second"))
    assert second.state == "finished" and second.summary is not None
    assert second.summary["weights_from"] == {
        "run": first.id, "name": "first", "epoch": 2, "steps": 0, "taken": 5, "layers": 6,
    }  # fmt: skip
    log = quiet.files.log(second.id)
    assert "Began with the weights of “first” after epoch 2: 5 of 6 layers. The last one began anew" in log
    code = loading_code(second, quiet.workspace, "second.pt")
    assert "\n# Began with the weights of “first” after epoch 2: 5 of 6 layers." in code
    alone = train(quiet, quiet.submit(later, "alone"))
    assert "Began" not in loading_code(alone, quiet.workspace, "alone.pt")
    assert quiet.store.epochs(second.id)[1]["train_loss"] < quiet.store.epochs(alone.id)[1]["train_loss"]


def test_the_same_classes_keep_the_last_layer_too(quiet: Lab) -> None:
    first = finished(quiet, QUICK)
    began = untrained(quiet, from_run(QUICK, first, **{"training.seed": 5, "loss.name": "nll"}))
    assert all(torch.equal(a, b) for a, b in zip(weights_of(quiet, first).values(), began.values(), strict=True))


@pytest.mark.parametrize("moment", ["before its start", "while it trains"])
def test_it_lives_without_the_run_it_began_with(quiet: Lab, moment: str) -> None:
    first = finished(quiet, QUICK)
    expected = train(quiet, quiet.submit(from_run(QUICK, first, **{"training.seed": 5}), "kept"))
    run = quiet.submit(from_run(QUICK, first, **{"training.seed": 5}), "second")
    if moment == "while it trains":
        quiet.store.move(run.id, "running", only_from=["queued"])
        run = execute(
            quiet.store.get(run.id), quiet, lambda event: quiet.store.change(run.id, requested_action="pause")
        )
        assert run.state == "paused"
    quiet.delete(first.id)
    run = go_on(quiet, run) if run.state == "paused" else train(quiet, run)
    assert run.state == "finished", run.message
    one, other = weights_of(quiet, run), weights_of(quiet, expected)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert run.summary and run.summary["weights_from"]["epoch"] == 2 and not quiet.files.has_checkpoint(run.id, "start")
    fork = train(quiet, quiet.fork(run.id, 1, name="fork"))
    forked = weights_of(quiet, fork)
    assert fork.state == "finished" and all(torch.equal(one[name], forked[name]) for name in one)
    assert fork.summary and fork.summary["weights_from"] == run.summary["weights_from"]


def test_a_run_that_is_not_there_or_has_no_weights_is_refused_before_anything_is_made(quiet: Lab) -> None:
    gone = finished(quiet, QUICK, "gone")
    quiet.delete(gone.id)
    waits = quiet.submit(QUICK, "waits")
    other = finished(quiet, QUICK.replace({"model.name": "mlp"}), "other")
    before = len(quiet.runs())
    for run, words in ((gone, f"names the run {gone.id}, which is not here: it was deleted"),
                       (waits, "names the run “waits”, which has no checkpoint yet"),
                       (other, "which has the model MLP, and here it is CNN")):  # fmt: skip
        with pytest.raises(BadInput, match=words):
            quiet.submit(from_run(QUICK, run))
        with pytest.raises(BadInput, match=words):
            train_here(from_run(QUICK, run), quiet, "", None, lambda event: None)
    assert len(quiet.runs()) == before


def test_images_of_another_size_are_told_with_the_size_to_set(quiet: Lab, digits: Prepared) -> None:
    first = finished(quiet, QUICK)
    larger = from_run(QUICK, first, **{"data.size": 16})
    with pytest.raises(BadInput, match=r"images of 8×8 pixels, and these come with 16×16: set data\.size to 8"):
        check(larger, digits, quiet.store, quiet.files)
    run = train(quiet, quiet.submit(larger))
    assert run.state == "failed" and "set data.size to 8" in run.message
    fits = check(from_run(QUICK, first), digits, quiet.store, quiet.files)
    assert fits and fits.taken == fits.layers


def test_a_run_that_lost_what_it_should_begin_with_does_not_begin_at_random(quiet: Lab) -> None:
    first = finished(quiet, QUICK)
    run = quiet.submit(from_run(QUICK, first))
    Path(quiet.files.checkpoint(run.id, "start")).unlink()
    run = train(quiet, run)
    assert run.state == "failed" and "are not there any more" in run.message
    assert not quiet.files.has_checkpoint(run.id)


def test_only_runs_that_fit_are_offered(quiet: Lab) -> None:
    first = finished(quiet, QUICK)
    finished(quiet, QUICK.replace({"model.channels": [4]}), "narrower")
    quiet.submit(QUICK, "waits")
    dropout = QUICK.replace({"model.dropout": 0.5})
    assert list(fitting_runs(dropout.model, quiet.runs(), quiet.files)) == [f"run:{first.id}"]


def test_frozen_layers_of_a_run_keep_its_weights_and_their_features(quiet: Lab, digits: Prepared) -> None:
    first = finished(quiet, QUICK)
    second = train(quiet, quiet.submit(from_run(QUICK, first, **{"model.trains": "head"}), "head"))
    old, new = weights_of(quiet, first), weights_of(quiet, second)
    assert {name for name in old if not torch.equal(old[name], new[name])} == {"11.weight", "11.bias"}
    assert len(list(digits.folder.glob("features-*.npy"))) == 1
    tanh = from_run(QUICK, first, **{"model.trains": "head", "model.activation": "tanh"})
    assert train(quiet, quiet.submit(tanh)).state == "finished"
    assert len(list(digits.folder.glob("features-*.npy"))) == 2, "the same weights, another function"
