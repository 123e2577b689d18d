"""Whether the disk has room."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from core.errors import Problem
from core.files import disk_space

Usage = namedtuple("Usage", "total used free")


def test_a_little_has_room_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    disk_space.require(tmp_path / "not" / "made" / "yet", 1, "a letter")
    assert not (tmp_path / "not").exists()


def test_more_than_the_disk_has_is_refused_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        disk_space.require(tmp_path / "runs", 2**62, "the checkpoints of this run")
    words = str(refused.value)
    assert words.startswith(
        "there is not enough space for the checkpoints of this run: that takes 4\u202f611\u202f686 TB, and"
    )
    assert str(tmp_path / "runs") in words and "Delete" in words and "EPOCHLAB_HOME" in words


def test_a_little_is_left_over_for_everything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - 10**9, 10**9))
    disk_space.require(tmp_path, 10**9 - disk_space.SPARE_BYTES, "it")
    with pytest.raises(Problem, match=r"takes 1\.0 GB, and .* has 1\.0 GB left"):
        disk_space.require(tmp_path, 10**9 - disk_space.SPARE_BYTES + 1, "it")


def test_a_disk_that_does_not_say_its_size_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 0))
    disk_space.require(tmp_path, 10**15, "it")


def test_a_name_too_long_for_any_disk_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cannot be looked at"):
        disk_space.require(tmp_path / ("x" * 5000), 1, "it")
