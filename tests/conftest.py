"""Fixtures that all tests share."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.prepared.arrays import Prepared
from core.prepared.prepare import prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import Run


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace of the test's own."""
    return Workspace(home=tmp_path, data=tmp_path / "data", database=f"sqlite:///{tmp_path / 'epochlab.db'}")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that EPOCHLAB_TEST_DATA names; the test is skipped without one."""
    folder = os.environ.get("EPOCHLAB_TEST_DATA")
    if not folder:
        pytest.skip("EPOCHLAB_TEST_DATA names no folder with the real data sets")
    return Path(folder)


@pytest.fixture(scope="session")
def prepared_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in digits, prepared once for all tests; never written to."""
    home = tmp_path_factory.mktemp("digits")
    list(prepare(DataSource("digits"), Workspace(home, home / "data", "sqlite://")))
    return home / "cache" / "digits"


@pytest.fixture
def digits(workspace: Workspace, prepared_digits: Path) -> Prepared:
    """The digits, prepared in the test's own workspace."""
    shutil.copytree(prepared_digits, workspace.cache / "digits")
    return Prepared(workspace.cache / "digits")


@pytest.fixture
def lab(workspace: Workspace) -> Lab:
    """Runs in the test's own workspace."""
    return Lab(workspace, SqlStore(workspace.database))


@pytest.fixture(scope="session")
def trained_home(prepared_digits: Path) -> Path:
    """A workspace with one finished run on the digits (about 90 % right); never written to."""
    from core.runs.foreground import train_here

    home = prepared_digits.parents[1]
    lab = Lab(
        Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db"), SqlStore(f"sqlite:///{home}/epochlab.db")
    )
    config = RunConfig().replace({"model.channels": [16], "model.widths": [32], "training.batch_size": 16})
    run = train_here(config, lab, "trained", None, lambda event: None)
    assert run.state == "finished", run.message
    return home


@pytest.fixture
def trained(trained_home: Path, workspace: Workspace, digits: Prepared) -> Run:
    """A finished run on the digits, in the test's own workspace."""
    shutil.copytree(trained_home / "runs", workspace.runs)
    with (
        sqlite3.connect(trained_home / "epochlab.db") as source,
        sqlite3.connect(workspace.home / "epochlab.db") as target,
    ):
        source.backup(target)
    return SqlStore(workspace.database).all()[0]
