"""What the first version (commit ca510b2) left on a disk is opened, found, continued and loaded by this one.

`first-version.zip` is a workspace of that version: the prepared digits; a finished run with tags, numbers and a kept
evaluation; two runs that were paused in the middle of an epoch, one of them with every data augmentation, dropout and
momentum; a failed one; two exported files. `expected.json` in it says what that version went on to compute, on the
computer where it was made and, under `elsewhere`, on others whose processors add in another order, by their
`arithmetic`.
"""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from core.datasets.source import DataSource
from core.exporters.import_weights import import_weights
from core.files.paths import Workspace
from core.insight.evaluation import evaluate
from core.prepared.prepare import find, prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.training import checkpoint
from tests.runs.conftest import go_on

KEPT = Path(__file__).with_name("first-version.zip")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    with zipfile.ZipFile(KEPT) as kept:
        kept.extractall(tmp_path)
    return Workspace(home=tmp_path, data=tmp_path / "data", database=f"sqlite:///{tmp_path / 'epochlab.db'}")


@pytest.fixture
def lab(workspace: Workspace) -> Lab:
    return Lab(workspace, SqlStore(workspace.database))


@pytest.fixture
def expected(workspace: Workspace) -> dict[str, Any]:
    return json.loads((workspace.home / "expected.json").read_text())


def digest(weights: dict[str, torch.Tensor]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(weights.items()):
        found.update(name.encode())
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()


def arithmetic() -> str:
    """A digest of what a few steps of plain torch come to: processors and versions of torch differ in the last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # they add in another order, too
    draws = torch.Generator().manual_seed(0)
    images, labels = torch.rand(40, 1, 8, 8, generator=draws), torch.arange(40) % 10
    filters, weights = (torch.rand(size, generator=draws).sub_(0.5) for size in ((4, 1, 3, 3), (10, 64)))
    both = [filters.requires_grad_(), weights.requires_grad_()]
    optimizer = torch.optim.AdamW(both, lr=0.01)
    for _ in range(20):
        maps = functional.conv2d(images, filters, padding=1)
        maps = functional.relu(functional.batch_norm(maps, None, None, training=True))
        loss = functional.cross_entropy(functional.linear(functional.max_pool2d(maps, 2).flatten(1), weights), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.set_num_threads(threads)
    return digest({"filters": filters.detach(), "weights": weights.detach()})


def last_weights(lab: Lab, run_id: str) -> dict[str, torch.Tensor]:
    return checkpoint.load(checkpoint.checkpoint_path(lab.workspace.run(run_id), checkpoint.LAST))["model"]


def test_the_prepared_data_set_is_found_and_not_prepared_again(workspace: Workspace, expected: dict) -> None:
    found = find(DataSource("digits"), workspace)
    assert found is not None and found.meta.fingerprint == expected["fingerprint"] == found.measured_fingerprint()
    assert not list(prepare(DataSource("digits"), workspace))


def test_runs_and_their_numbers_are_there(lab: Lab, expected: dict) -> None:
    assert [(run.name, run.state) for run in lab.runs()] == [
        ("failed", "failed"), ("plain", "paused"), ("augmented", "paused"), ("finished with Adam", "finished"),
    ]  # fmt: skip
    then = expected["finished"]
    run = lab.run(then["id"])
    assert (run.tags, run.notes, run.summary) == (["old"], "made by the first version", then["summary"])
    rows = lab.store.epochs(run.id)
    assert [
        [row.epoch, row["train_loss"], row["train_accuracy"], row["train_correct"], row["train_total"], row["val_loss"],
         row["val_accuracy"], row["val_correct"], row["val_total"], row["lr"], row.seconds]
        for row in rows
    ] == then["epochs"]  # fmt: skip
    assert [list(row.flat().values()) for row in lab.store.steps(run.id)] == then["steps"]


def test_a_failed_run_still_says_why(lab: Lab, expected: dict) -> None:
    assert "not enough memory for batches of 64 images" in lab.run(expected["failed"]).message


@pytest.mark.parametrize("name", ["augmented", "plain"])
def test_a_run_in_the_middle_of_an_epoch_ends_with_the_same_bits(lab: Lab, expected: dict, name: str) -> None:
    then = expected["runs"][name]
    run = go_on(lab, lab.run(then["id"]))
    assert run.state == "finished", run.message
    names = ("train_loss", "train_correct", "val_loss", "val_correct")
    rows = [[row.epoch, *(row[name] for name in names)] for row in lab.store.epochs(run.id)]
    if known := expected["elsewhere"].get(arithmetic(), {}).get(name):
        assert (rows, digest(last_weights(lab, run.id))) == (known["epochs"], known["whole"])
    else:  # a processor, or a torch, of which nothing was kept
        for row, old in zip(rows, then["epochs"], strict=True):
            trained = slice(1 if old[1] is not None else 3, None, 2)  # the untrained model has no training loss
            assert row[trained] == pytest.approx(old[trained], rel=1e-3)


def test_a_run_that_goes_on_gets_the_metrics_of_this_version_from_there_on(lab: Lab, expected: dict) -> None:
    run = go_on(lab, lab.run(expected["runs"]["plain"]["id"]))
    known = ["macro_f1" in "".join(row.metrics) for row in lab.store.epochs(run.id)]
    assert not known[0] and known[-1] and known == sorted(known)
    assert run.summary is not None and 0 < run.summary["test_macro_f1"] <= 1


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_an_exported_file_is_loaded_and_answers_as_it_did(here: None, lab: Lab, expected: dict, ending: str) -> None:
    folder = lab.workspace.home / "exported"
    config = RunConfig.from_file((folder / "weights.json").read_bytes(), "weights.json") if ending == "pt" else None
    run = import_weights((folder / f"weights.{ending}").read_bytes(), f"weights.{ending}", lab, config)
    assert digest(last_weights(lab, run.id)) == expected["finished"]["weights"]
    result = evaluate(run, "test", lab.workspace)
    assert result.correct == expected["finished"]["summary"]["test_correct"]


def test_an_evaluation_that_was_kept_is_read(lab: Lab, expected: dict) -> None:
    then = expected["finished"]
    result = evaluate(lab.run(then["id"]), "test", lab.workspace)
    assert (result.correct, result.loss) == (then["summary"]["test_correct"], then["summary"]["test_loss"])
