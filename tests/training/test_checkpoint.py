import os

import pytest
import torch

from core.errors import Problem
from core.files import atomic
from core.run_config import RunConfig
from core.runs.trained import load_model
from core.training import checkpoint
from core.training.data import open_data
from core.training.state import new_state

CPU = torch.device("cpu")


@pytest.fixture
def state(digits):
    return new_state(RunConfig(), open_data(RunConfig(), digits, CPU), CPU)


def test_what_is_saved_is_loaded(digits, state, tmp_path):
    path = tmp_path / "run" / "last.pt"
    checkpoint.save(checkpoint.snapshot(RunConfig(), digits, state), path)
    trained = load_model(path)
    assert trained.config == RunConfig() and trained.meta == digits.meta and not trained.model.training
    assert all(torch.equal(a, b) for a, b in zip(trained.model.parameters(), state.model.parameters(), strict=True))
    assert [p.name for p in path.parent.iterdir()] == ["last.pt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch, call):
    path = tmp_path / "last.pt"
    atomic.write(b"old", path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(Problem, match=r"could not be written: no space left on device\. .*Free some space"):
        atomic.write(b"new", path)
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["last.pt"]


@pytest.mark.parametrize("links", [True, False])
def test_the_best_stays_when_the_last_is_written_anew(tmp_path, monkeypatch, links):
    if not links:  # a disk that knows no second names

        def refuse(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    last, best = (checkpoint.checkpoint_path(tmp_path, which) for which in (checkpoint.LAST, checkpoint.BEST))
    for content in (b"first", b"second"):
        atomic.write(content, last)
        checkpoint.keep_best(tmp_path)
        assert best.read_bytes() == content
    atomic.write(b"third", last)
    assert (last.read_bytes(), best.read_bytes()) == (b"third", b"second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.pt", "last.pt"]


def test_a_missing_or_broken_checkpoint_is_a_sentence(tmp_path):
    with pytest.raises(Problem, match="There is no checkpoint"):
        checkpoint.load(tmp_path / "last.pt")
    (tmp_path / "last.pt").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(Problem, match="cannot be read"):
        checkpoint.load(tmp_path / "last.pt")


def test_a_checkpoint_with_other_bits_is_a_sentence(tmp_path):
    path = tmp_path / "last.pt"
    checkpoint.save({"model": {"weight": torch.full((10_000,), 7.0)}}, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # amid the weights
    path.write_bytes(content)
    with pytest.raises(Problem, match="cannot be read: it is damaged"):
        checkpoint.load(path)


@pytest.mark.parametrize("content", [
    {}, [], {"config": {}, "meta": "{}", "model": {}}, {"config": 3, "meta": 4, "model": 5}, torch.zeros(3),
])  # fmt: skip
def test_a_checkpoint_of_somebody_else_is_a_sentence(tmp_path, content):
    torch.save(content, tmp_path / "last.pt")
    with pytest.raises(Problem, match="cannot be read: it is damaged"):
        load_model(tmp_path / "last.pt")


def test_a_checkpoint_with_other_weights_is_a_sentence(digits, state, tmp_path):
    values = checkpoint.snapshot(RunConfig(), digits, state)
    values["model"] = dict(list(values["model"].items())[1:])
    checkpoint.save(values, tmp_path / "last.pt")
    with pytest.raises(Problem, match="cannot be read: it is damaged"):
        load_model(tmp_path / "last.pt")
