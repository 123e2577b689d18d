import errno
import os
from pathlib import Path

import pytest

from core.errors import Unwritable
from core.files import atomic


def test_a_disk_that_gives_nothing_away_either_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("replace", "unlink"):
        monkeypatch.setattr(os, name, read_only)
    with pytest.raises(Unwritable, match=r"read-only file system\. The previous file is intact\."):
        atomic.write(b"new", tmp_path / "last.pt")


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    identities = [atomic.file_identity(path)]
    for content in (b"one", b"one", b"another"):
        atomic.write(content, path)
        identities.append(atomic.file_identity(path))
    assert identities[0] == "" and len(set(identities)) == 4 and atomic.file_identity(path) == identities[-1]
