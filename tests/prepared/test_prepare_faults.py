"""A disk that refuses at any moment of a preparation, and a process that dies there: the old state or the new one."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.prepared.prepare import find, prepare
from core.sandbox import image_decoding, image_files
from core.sandbox.image_files import Unreadable
from tests.conftest import but_for
from tests.datasets.makers import folder, image, two_classes, write
from tests.faults import DIED, Disk


class InThisProcess:
    """Decodes here: what is tested is the disk."""

    def __init__(self, most: int) -> None:
        self.most = 1

    def pictures(self, files: list[bytes]) -> list[image_files.Picture | str]:
        found: list[image_files.Picture | str] = []
        for content in files:
            try:
                found.append(image_files.decode(content))
            except Unreadable as reason:
                found.append(str(reason))
        return found

    def close(self) -> None:
        pass


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(image_decoding, "Decoders", InThisProcess)
    return folder(tmp_path / "pets", two_classes(count=2) | {"ants/wide.png": image((40, 9))})


def _print(pets: Path, workspace: Workspace) -> str | None:
    """The fingerprint of what is prepared, if it is whole: computed anew from what lies on the disk."""
    found = find(DataSource("folder", str(pets)), workspace)
    if found is None:
        return None
    assert len(found.labels) == found.meta.count
    assert found.measured_fingerprint() == found.meta.fingerprint
    return found.meta.fingerprint


def _prepared_with_a_fault(pets: Path, workspace: Workspace, number: int, code: int) -> str:
    """The sentence; "" if all went well in spite of it, as where a folder is there that was to be made."""
    with pytest.MonkeyPatch.context() as patch:
        Disk(workspace.home, patch, number, code)
        try:
            list(prepare(DataSource("folder", str(pets)), workspace))
        except Problem as told:
            return str(told)
    return ""


def _changed(pets: Path) -> None:
    write(pets / "bees" / "new.png", image((33, 44)))


def _calls(pets: Path, home: Path) -> list[str]:
    """What a preparation that replaces another one does to the disk."""
    workspace = Workspace(home, home / "data", "")
    list(prepare(DataSource("folder", str(pets)), workspace))
    _changed(pets)
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(home, patch)
        list(prepare(DataSource("folder", str(pets)), workspace))
    (pets / "bees" / "new.png").unlink()
    return disk.calls


def test_everything_is_on_the_disk_before_it_counts(pets: Path, tmp_path: Path) -> None:
    calls = _calls(pets, tmp_path / "first")
    files = sum(call.startswith("open") for call in calls) - 1  # the spool does not stay
    assert calls[-(files + 4) :] == ["fsync file"] * files + ["fsync folder", "rename", "rename", "fsync folder"]


def _moments(pets: Path, home: Path) -> Iterator[tuple[int, str, Workspace]]:
    """The number and name of each call, with data that are prepared and then changed; whatever is done to them there,
    the old state or the new one must be left, and preparing again must bring the new one."""
    calls = _calls(pets, home / "first")
    assert len(calls) > 15
    workspace = Workspace(home / "home", home / "home" / "data", "")
    for number, call in enumerate(calls):
        list(prepare(DataSource("folder", str(pets)), workspace))
        old = _print(pets, workspace)
        _changed(pets)
        yield number, call, workspace
        left = _print(pets, workspace)
        assert left is not None, f"nothing is left after {call} ({number})"
        list(prepare(DataSource("folder", str(pets)), workspace))
        assert _print(pets, workspace) not in (None, old)
        assert left in (old, _print(pets, workspace))
        assert {path.suffix for path in workspace.cache.iterdir()} == {"", ".lock"}
        (pets / "bees" / "new.png").unlink()


@pytest.mark.parametrize("code", but_for([errno.ENOSPC, errno.EIO, errno.EACCES], [errno.EIO, errno.EACCES]))
def test_a_fault_leaves_the_old_state_or_the_new(pets: Path, tmp_path: Path, code: int) -> None:
    for number, call, workspace in _moments(pets, tmp_path):
        told = _prepared_with_a_fault(pets, workspace, number, code)
        assert "Errno" not in told and ("try again" in told or call == "mkdir")


def test_the_first_preparation_leaves_nothing_or_all(pets: Path, tmp_path: Path) -> None:
    for number in range(len(_calls(pets, tmp_path / "first")) - 1):  # one rename fewer: there is nothing to replace
        home = tmp_path / str(number)
        workspace = Workspace(home, home / "data", "")
        _prepared_with_a_fault(pets, workspace, number, errno.ENOSPC)
        if _print(pets, workspace) is None:
            assert not any(path.is_dir() for path in workspace.cache.glob("*"))
        list(prepare(DataSource("folder", str(pets)), workspace))
        assert _print(pets, workspace)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_process_that_dies_leaves_the_old_state_or_the_new(pets: Path, tmp_path: Path) -> None:
    for number, _, workspace in _moments(pets, tmp_path):
        child = os.fork()
        if child == 0:
            with pytest.MonkeyPatch.context() as patch:
                Disk(workspace.home, patch, number, code=None)
                list(prepare(DataSource("folder", str(pets)), workspace))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
