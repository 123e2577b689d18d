"""A power cut: what the disk has at some moment, of a workspace on a real file system of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.files.paths import Workspace
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.executors.local import LocalProcesses
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.training.events import EpochMetrics
from tests.runs.conftest import go_on

QUICK = RunConfig().replace({"model.name": "mlp", "model.widths": [16], "training.epochs": 6})


class Dark(BaseException):
    """The power is gone."""


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """The file system in this file. What programs write is in memory until they ask for it to be on the disk, which is
    the file."""
    folder = image.with_suffix(".mounted")
    folder.mkdir()
    done = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True)
    if done.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def lab_in(home: Path) -> Lab:
    database = f"sqlite:///{home / 'epochlab.db'}"
    return Lab(Workspace(home, home / "data", database), SqlStore(database))


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    if os.name != "posix" or os.geteuid() or not shutil.which("mkfs.ext4"):
        pytest.skip("only root can mount a file system, and mkfs.ext4 makes one")
    image = tmp_path / "disk"
    with open(image, "wb") as file:
        file.truncate(160 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    return image


def test_a_run_and_its_reported_epochs_are_there_after_it(disk, prepared_digits, monkeypatch):
    monkeypatch.setattr(LocalProcesses, "start_worker", lambda self, idle=0.0: None)
    dark = disk.with_name("dark")

    def cut(event):
        if isinstance(event, EpochMetrics) and event.epoch == 3:
            subprocess.run(["cp", "--sparse=always", disk, dark], check=True)
            raise Dark

    with mounted(disk) as home:
        shutil.copytree(prepared_digits, home / "cache" / "digits")
        os.sync()
        lab = lab_in(home)
        finished = execute(lab.store.add(QUICK, "before", state="running"), lab)
        gone = lab.store.add(QUICK, "deleted", state="paused")
        lab.delete(gone.id)
        run = lab.store.add(QUICK, "in the dark", state="running")
        with pytest.raises(Dark):
            execute(run, lab, cut)
        lab.store.engine.dispose()
    with mounted(dark) as home:
        lab = lab_in(home)
        names = {one.name: one.state for one in lab.runs()}
        assert names == {"before": "finished", "in the dark": "interrupted"}
        assert lab.run(finished.id).summary == finished.summary
        assert go_on(lab, run).state == "finished"
        assert [row.epoch for row in lab.store.epochs(run.id)] == list(range(7))
        assert "Goes on after step" in lab.files.log(run.id)
        lab.store.engine.dispose()


def test_a_disk_that_takes_nothing_more_can_still_be_looked_at(disk, prepared_digits):
    with mounted(disk) as home:
        shutil.copytree(prepared_digits, home / "cache" / "digits")
        lab = lab_in(home)
        execute(lab.store.add(QUICK, "done", state="running"), lab)

        def abort(event):
            if isinstance(event, EpochMetrics) and event.epoch == 2:  # as the system does after an error of the disk
                subprocess.run(["mount", "-o", "remount,abort", home], check=True)

        run = lab.store.add(QUICK, "stopped", state="running")
        lab.files.lock(run.id).parent.mkdir(parents=True)
        lab.files.lock(run.id).touch()
        stopped = execute(run, lab, abort)
        # The checkpoint's file or the store's meets the dead disk first.
        met = ("read-only file system", "disk I/O error")
        assert stopped.state == "paused" and any(words in stopped.message for words in met)
        assert {one.name: one.state for one in lab.runs()} == {"done": "finished", "stopped": "interrupted"}
        lab.store.engine.dispose()
