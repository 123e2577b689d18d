"""A disk that fails at any moment of a checkpoint: the old state is whole, or the new one is."""

import builtins
import errno
import os

import pytest
import torch

from core.errors import Unwritable
from core.training import checkpoint
from core.training.checkpoint import BEST, LAST, checkpoint_path


class Disk:
    """Notes every write, fsync, link and replace of the module, and fails at the one of that number."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails_at: int = -1, code: int = errno.ENOSPC) -> None:
        self.calls: list[str] = []
        self.fails_at, self.code = fails_at, code
        for name in ("fsync", "replace", "link"):
            monkeypatch.setattr(os, name, self.watched(name, getattr(os, name)))
        monkeypatch.setattr(checkpoint, "open", self.opened, raising=False)

    def note(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) - 1 == self.fails_at:
            raise OSError(self.code, os.strerror(self.code))

    def watched(self, name, function):
        def call(*arguments, **options):
            if name == "fsync":
                self.note("fsync folder" if os.path.isdir(f"/proc/self/fd/{arguments[0]}") else "fsync file")
            else:
                self.note(name)
            return function(*arguments, **options)

        return call

    def opened(self, path, mode):
        self.note("open")
        file = builtins.open(path, mode)  # noqa: SIM115 - whoever asked for it closes it
        write = file.write

        def half(content):
            try:
                self.note("write")
            except OSError:
                write(content[: len(content) // 2])
                raise
            return write(content)

        return Halving(file, half)


class Halving:
    """A file whose writes may stop half-way."""

    def __init__(self, file, write) -> None:
        self.file, self.write = file, write

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)


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
    disk = Disk(monkeypatch)
    save(tmp_path, 1)
    assert disk.calls == [
        "open", "write", "fsync file", "replace", "fsync folder", "link", "replace", "fsync folder",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=["full", "broken", "forbidden"])
@pytest.mark.parametrize("fails_at", range(8))
def test_a_fault_at_any_moment_leaves_the_old_or_the_new(tmp_path, monkeypatch, fails_at, code):
    save(tmp_path, 1)
    with monkeypatch.context() as patch:
        Disk(patch, fails_at, code)
        try:
            save(tmp_path, 2)
        except Unwritable as error:
            assert "is whole" in str(error) and "go on" in str(error) and "Errno" not in str(error)
            assert fails_at < 5, "a disk without second names gets a copy instead"
    assert kept(tmp_path, LAST) in (1, 2)
    assert kept(tmp_path, BEST) in (1, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.pt", "last.pt"]
    save(tmp_path, 3)  # there is room again
    assert kept(tmp_path, LAST) == kept(tmp_path, BEST) == 3
