"""A disk that refuses at any moment of a preparation, and a process that dies there: the old state or the new one."""

import builtins
import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest

from core.data import intake, picture
from core.data.picture import Unreadable
from core.data.prepare import find, prepare
from core.errors import Problem
from core.places import Places
from tests.data.makers import folder, image, two_classes, write

DIED = 9


class Disk:
    """Notes every open, write, fsync, rename and new folder below a path, and fails at the one of that number."""

    def __init__(self, below: Path, patch: pytest.MonkeyPatch, fails_at: int = -1, code: int | None = None) -> None:
        self.below, self.fails_at, self.code = str(below), fails_at, code
        self.calls: list[str] = []
        real = builtins.open

        def opened(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
            watched = mode[0] in "wax" and str(file).startswith(self.below) and not str(file).endswith(".lock")
            if watched:
                self.note(f"open {Path(file).name}")
            made = real(file, mode, *rest, **options)
            return Watched(made, self) if watched else made

        patch.setattr(builtins, "open", opened)
        patch.setattr(io, "open", opened)
        for name in ("fsync", "rename", "mkdir"):
            patch.setattr(os, name, self.watched(name, getattr(os, name)))

    def note(self, call: str) -> None:
        self.calls.append(call)
        if len(self.calls) - 1 == self.fails_at:
            if self.code is None:
                os._exit(DIED)
            raise OSError(self.code, os.strerror(self.code))

    def watched(self, name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.note(name)
            return function(*arguments, **options)

        return call


class Watched:
    """A file whose write may stop half-way."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file, self._disk = file, disk

    def write(self, content: Any) -> int:
        try:
            self._disk.note("write")
        except OSError:
            self._file.write(content[: len(content) // 2])
            raise
        return int(self._file.write(content))

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class InThisProcess:
    """Decodes here: what is tested is the disk."""

    def __init__(self, most: int) -> None:
        self.most = 1

    def pictures(self, files: list[bytes]) -> list[picture.Picture | str]:
        found: list[picture.Picture | str] = []
        for content in files:
            try:
                found.append(picture.decode(content))
            except Unreadable as reason:
                found.append(str(reason))
        return found

    def close(self) -> None:
        pass


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(intake, "Decoders", InThisProcess)
    return folder(tmp_path / "pets", two_classes() | {"ants/wide.png": image((40, 9))})


def _print(pets: Path, places: Places) -> str | None:
    """The fingerprint of what is prepared, if it is whole: computed anew from what lies on the disk."""
    found = find("folder", str(pets), places)
    if found is None:
        return None
    assert len(found.labels) == found.meta.count == len([found.name_of(index) for index in range(found.meta.count)])
    assert found.measured_fingerprint() == found.meta.fingerprint
    return found.meta.fingerprint


def _prepared_with_a_fault(pets: Path, places: Places, number: int, code: int) -> str:
    """The sentence; "" if all went well in spite of it, as where a folder is there that was to be made."""
    with pytest.MonkeyPatch.context() as patch:
        Disk(places.home, patch, number, code)
        try:
            list(prepare("folder", str(pets), places))
        except Problem as told:
            return str(told)
    return ""


def _changed(pets: Path) -> None:
    write(pets / "bees" / "new.png", image((33, 44)))


def _calls(pets: Path, home: Path) -> list[str]:
    """What a preparation that replaces another one does to the disk."""
    places = Places(home, home / "data", "")
    list(prepare("folder", str(pets), places))
    _changed(pets)
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(home, patch)
        list(prepare("folder", str(pets), places))
    (pets / "bees" / "new.png").unlink()
    return disk.calls


def test_everything_is_on_the_disk_before_it_counts(pets: Path, tmp_path: Path) -> None:
    calls = _calls(pets, tmp_path / "first")
    files = sum(call.startswith("open") for call in calls) - 1  # the spool does not stay
    assert calls[-(files + 4) :] == ["fsync"] * (files + 1) + ["rename", "rename", "fsync"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_fault_leaves_the_old_state_or_the_new(pets: Path, tmp_path: Path, code: int) -> None:
    calls = _calls(pets, tmp_path / "first")
    assert len(calls) > 15
    home = tmp_path / "home"
    places = Places(home, home / "data", "")
    for number in range(len(calls)):
        list(prepare("folder", str(pets), places))
        old = _print(pets, places)
        _changed(pets)
        told = _prepared_with_a_fault(pets, places, number, code)
        assert "Errno" not in told and ("try again" in told or calls[number] == "mkdir")
        left = _print(pets, places)
        assert left is not None, f"nothing is left after a fault at {calls[number]} ({number})"
        list(prepare("folder", str(pets), places))
        assert _print(pets, places) not in (None, old)
        assert left in (old, _print(pets, places))
        assert {path.suffix for path in places.cache.iterdir()} == {"", ".lock"}
        (pets / "bees" / "new.png").unlink()


def test_the_first_preparation_leaves_nothing_or_all(pets: Path, tmp_path: Path) -> None:
    for number in range(len(_calls(pets, tmp_path / "first")) - 1):  # one rename fewer: there is nothing to replace
        home = tmp_path / str(number)
        places = Places(home, home / "data", "")
        _prepared_with_a_fault(pets, places, number, errno.ENOSPC)
        if _print(pets, places) is None:
            assert not any(path.is_dir() for path in places.cache.glob("*"))
        list(prepare("folder", str(pets), places))
        assert _print(pets, places)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_process_that_dies_leaves_the_old_state_or_the_new(pets: Path, tmp_path: Path) -> None:
    calls = _calls(pets, tmp_path / "first")
    home = tmp_path / "home"
    places = Places(home, home / "data", "")
    for number in range(len(calls)):
        list(prepare("folder", str(pets), places))
        old = _print(pets, places)
        _changed(pets)
        child = os.fork()
        if child == 0:
            with pytest.MonkeyPatch.context() as patch:
                Disk(home, patch, number)
                list(prepare("folder", str(pets), places))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        left = _print(pets, places)
        assert left is not None, f"nothing is left after dying at {calls[number]} ({number})"
        list(prepare("folder", str(pets), places))
        assert left in (old, _print(pets, places)) and _print(pets, places) != old
        assert {path.suffix for path in places.cache.iterdir()} == {"", ".lock"}
        (pets / "bees" / "new.png").unlink()
