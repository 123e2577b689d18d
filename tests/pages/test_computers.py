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
    for place, devices in (("pc-1:/lab", ["NVIDIA H200"] * 2), ("pc-2:/lab", ["CPU"])):
        store.tell_computer(place, devices=devices)
    held = store.hold_computer("pc-1:/lab"), store.hold(run.id)
    waits = digits.submit(RunConfig(), "waits")
    shutil.rmtree(digits.workspace.cache)
    store.change(waits.id, progress=0.5)
    app = show("app.py")
    assert "Computers" in [one.value for one in app.header]
    found = next(one.value for one in app.markdown if "**pc-1**" in one.value)
    rows = [row.split(" · ") for row in found.splitlines()]
    assert [row[0] for row in rows] == ["- **pc-1**", "- **pc-2**"]
    assert rows[0][1:3] == ["2 × NVIDIA H200", "trains “at work” (25\u00a0%)"] and "there since" in rows[0][3]
    assert rows[1][1] == "CPU" and "off, or cannot reach the database; last heard just now" in rows[1][2]
    assert "It waits for a computer that can take it." in text(app) and "What it goes on from is not in" in text(app)
    assert "ago on pc-1" in text(app) or "just now on pc-1" in text(app)
    for one in held:
        one.release()
