"""A disk that fails at any moment of a checkpoint: the old state is whole, or the new one is."""

import errno

import pytest
import torch

from core.errors import Unwritable
from core.training import checkpoint
from core.training.checkpoint import BEST, LAST, checkpoint_path
from tests.faults import Disk


def values(number: int) -> dict:
    return {"number": number, "model": {"weight": torch.full((1000,), float(number))}}


def save(folder, number: int) -> None:
    checkpoint.save(values(number), checkpoint_path(folder, LAST))
    checkpoint.keep_best(folder)


def kept(folder, which: str) -> int:
    loaded = checkpoint.load(checkpoint_path(folder, which))
    assert loaded["model"]["weight"].eq(loaded["number"]).all(), "half of one, half of the other"
    return int(loaded["number"])


def test_it_is_on_the_disk_before_it_has_its_name_and_the_name_is_then(tmp_path, monkeypatch):
    disk = Disk(tmp_path, monkeypatch)
    save(tmp_path, 1)
    assert disk.calls == [
        "mkdir", "open", "write", "fsync file", "replace", "fsync folder", "link", "replace", "fsync folder",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=["full", "broken", "forbidden"])
@pytest.mark.parametrize("fails_at", range(9))
def test_a_fault_at_any_moment_leaves_the_old_or_the_new(tmp_path, monkeypatch, fails_at, code):
    save(tmp_path, 1)
    with monkeypatch.context() as patch:
        Disk(tmp_path, patch, fails_at, code)
        try:
            save(tmp_path, 2)
        except Unwritable as error:
            assert "is intact" in str(error) and "go on" in str(error) and "Errno" not in str(error)
            assert fails_at < 6, "a disk without second names gets a copy instead"
    assert kept(tmp_path, LAST) in (1, 2)
    assert kept(tmp_path, BEST) in (1, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.pt", "last.pt"]
    save(tmp_path, 3)  # there is room again
    assert kept(tmp_path, LAST) == kept(tmp_path, BEST) == 3
