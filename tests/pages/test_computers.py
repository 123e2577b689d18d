"""The computers on Home, where several take runs from one PostgreSQL."""

import shutil
from pathlib import Path
from uuid import uuid4

import pytest

from core.files.paths import Workspace
from core.run_config import RunConfig
from core.runs.lab import Lab
from tests.pages.test_home import Show, text
from tests.postgres import Server


@pytest.fixture
def workspace(tmp_path: Path, postgres: Server) -> Workspace:
    return Workspace(tmp_path, tmp_path / "data", postgres.new_schema(f"s{uuid4().hex}"))


def test_home_shows_the_computers_and_what_keeps_a_run_waiting(show: Show, digits: Lab) -> None:
    store = digits.store
    assert "Computers" not in [one.value for one in show("app.py").header]
    run = digits.submit(RunConfig(), "at work")
    store.move(run.id, "running", only_from=["queued"], place="pc-1:/lab", progress=0.25)
    for place, devices in (("pc-1:/lab", ["cuda (NVIDIA H200)", "cpu"]), ("pc-2:/lab", ["cpu"])):
        store.tell_computer(place, devices=devices)
    held = store.hold_computer("pc-1:/lab"), store.hold(run.id)
    waits = digits.submit(RunConfig(), "waits")
    shutil.rmtree(digits.workspace.cache)
    store.change(waits.id, progress=0.5)
    app = show("app.py")
    assert "Computers" in [one.value for one in app.header]
    table = next(one.value for one in app.markdown if one.value.startswith("| Computer"))
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]
    assert [row[0] for row in rows] == ["pc-1", "pc-2"]
    assert rows[0][1:3] == ["cuda (NVIDIA H200), cpu", "at work, 25\u00a0%"]
    assert "now; it is there since" in rows[0][3] and "it is off or cannot reach" in rows[1][3]
    assert "It waits for a computer that can take it." in text(app) and "What it goes on from is not in" in text(app)
    for one in held:
        one.release()
