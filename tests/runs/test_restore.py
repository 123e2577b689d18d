"""A run goes on as it began, also where images would be brought to a model's shape in another way now."""

import json
from pathlib import Path

import pytest
import torch

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.store import Run
from core.runs.trained import load_model
from core.training import checkpoint
from core.training.events import EpochMetrics, Event
from tests.datasets.makers import prepared
from tests.importing.test_ground import drawings
from tests.runs.conftest import go_on


def say_ground(data: Prepared, ground: list[int] | None) -> None:
    """Let the data set be described as another version would."""
    file = data.folder / "meta.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"ground": ground}))


def weights(lab: Lab, run: Run) -> dict[str, torch.Tensor]:
    return checkpoint.load(lab.files.checkpoint(run.id))["model"]


def test_a_run_that_began_with_cut_drawings_ends_with_them(
    workspace: Workspace, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    data = prepared(workspace, "folder", drawings(tmp_path / "signs"))
    assert data.meta.ground == (0,)
    source = DataSource.of(data.meta)
    config = RunConfig().replace({
        "data.name": "folder", "data.path": source.path, "data.size": 16, "model.name": "mlp", "model.widths": [8],
        "training.epochs": 3, "training.batch_size": 8,
    })  # fmt: skip
    whole = execute(lab.store.add(config, "whole", state="running"), lab)

    say_ground(data, None)  # an earlier version prepared it
    cut = execute(lab.store.add(config, "cut", state="running"), lab)
    again = lab.store.add(config, "again", state="running")

    def pause(event: Event) -> None:
        if isinstance(event, EpochMetrics) and event.epoch == 1:
            lab.store.change(again.id, requested_action="pause")

    assert execute(again, lab, pause).state == "paused"
    say_ground(data, [0])  # and this one has prepared it anew
    ended = go_on(lab, again)
    assert ended.state == "finished", ended.message
    assert all(torch.equal(one, weights(lab, ended)[name]) for name, one in weights(lab, cut).items())
    assert not all(torch.equal(one, weights(lab, whole)[name]) for name, one in weights(lab, cut).items())
    assert load_model(lab.files.checkpoint(ended.id)).spec.ground is None
    assert load_model(lab.files.checkpoint(whole.id)).spec.ground == (0,)

    fork = lab.fork(ended.id, 2, {"training.epochs": 4})
    lab.store.move(fork.id, "running", only_from=["queued"])
    done = execute(lab.store.get(fork.id), lab)
    assert done.state == "finished" and load_model(lab.files.checkpoint(done.id)).spec.ground is None


def test_changed_data_are_noticed_on_resume(
    lab: Lab, digits: Prepared, small: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    run = lab.store.add(small, state="running")
    run = execute(run, lab, lambda event: lab.store.change(run.id, requested_action="pause"))
    assert run.state == "paused"
    meta = digits.folder / "meta.json"
    meta.write_text(meta.read_text().replace(digits.meta.fingerprint, "0" * len(digits.meta.fingerprint)))
    run = go_on(lab, run)
    if lab.store.shared:  # another computer may have them
        assert run.state == "queued"
    else:
        assert run.state == "failed" and "has changed since this run began" in run.message
