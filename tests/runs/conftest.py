import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.files.paths import Workspace
from core.run_config import RunConfig
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.locks import is_locked
from core.runs.sql_store import SqlStore
from core.runs.store import Run
from tests.conftest import LONG

PATIENCE = 90.0  # seconds: a slow machine may take long to import torch
OF_THE_STORE = ("test_attempt.py", "test_store.py", "test_database.py", "test_lab.py", "test_postgresql.py")


def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is so; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On PostgreSQL, too, what is of the store itself; all the rest where there is time."""
    for item in items:
        if "[postgresql" in item.name and item.path.name not in OF_THE_STORE:
            item.add_marker(LONG)


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(tmp_path: Path, request: pytest.FixtureRequest) -> Workspace:
    """An empty workspace of the test's own, once with each kind of store."""
    database = f"sqlite:///{tmp_path / 'epochlab.db'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres").new_schema(f"s{uuid4().hex}")
    return Workspace(home=tmp_path, data=tmp_path / "data", database=database)


@pytest.fixture
def small() -> RunConfig:
    """A run of a second or so on the digits."""
    return RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 3})


@pytest.fixture
def long() -> RunConfig:
    """A run that is still training when the test has done what it wants to it."""
    return RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 1000})


@pytest.fixture
def quiet(lab: Lab):
    """The lab; at the end nothing of it is left running."""
    yield lab
    for run in lab.store.all(["queued", "running"]):
        lab.cancel(run.id)
    until(lambda: not any(r.state == "running" for r in lab.runs()))
    until(lambda: not is_locked(lab.executor.spare_lock))


def sql(store: SqlStore, statement: str, **values: object) -> list[Any]:
    """What a hand at the database does behind the store's back."""
    with store.engine.begin() as db:
        done = db.execute(text(statement), values)
        return list(done) if done.returns_rows else []


def go_on(lab: Lab, run: Run) -> Run:
    """As a worker does when somebody has pressed Resume."""
    lab.resume(run.id)
    lab.store.move(run.id, "running", only_from=["queued"])
    return execute(lab.store.get(run.id), lab)
