"""Whether a living process holds a lock."""

import os

import pytest
from filelock import FileLock

from core.errors import Unwritable
from core.runs.locks import is_locked


def test_held_by_somebody_or_nobody(tmp_path):
    path = tmp_path / "worker.lock"
    assert not is_locked(path)
    with FileLock(path):
        assert is_locked(path)
    path.touch()
    assert not is_locked(path)


@pytest.mark.skipif(os.name != "posix", reason="such locks are another thing there")
def test_a_lock_that_may_only_be_read_tells_the_same(tmp_path, monkeypatch):
    path, opened = tmp_path / "worker.lock", os.open

    def read_only(file, flags, *rest, **options):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, os.strerror(30), file)
        return opened(file, flags, *rest, **options)

    with FileLock(path), monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        assert is_locked(path)
    path.touch()
    monkeypatch.setattr(os, "open", read_only)
    assert not is_locked(path)


def test_a_lock_that_cannot_be_opened_is_a_sentence(tmp_path):
    (tmp_path / "worker.lock").mkdir()
    with pytest.raises(Unwritable, match="cannot be opened"):
        is_locked(tmp_path / "worker.lock")


def test_a_folder_that_cannot_be_looked_into_is_a_sentence(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(os, "stat", refuse)  # root may look everywhere
    with pytest.raises(Unwritable, match=r"cannot be opened \(permission denied\)"):
        is_locked(tmp_path / "worker.lock")
