"""Two workspaces: one whose runs are packed, and one on another computer."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.files.paths import Workspace
from core.packing import checkpoint_check
from core.packing.manifest import Manifest
from core.packing.pack import pack, packable
from core.packing.unpack import Unpacked, unpack
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.sandbox import process
from tests.generators import last

Members = dict[str, bytes]


class ChildHere:
    """The sandbox's process, in this one; test_checkpoint_check.py has the other."""

    def ask(self, content: bytes, *, seconds: float) -> bytes:
        return checkpoint_check.answer(content)

    def close(self) -> None:
        pass


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    child = process.Child

    def start(module: str, *, memory: int) -> ChildHere | process.Child:
        return ChildHere() if module == checkpoint_check.__name__ else child(module, memory=memory)

    monkeypatch.setattr(process, "Child", start)


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The runs of an empty workspace on another computer."""
    home = tmp_path_factory.mktemp("elsewhere")
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    return Lab(workspace, SqlStore(workspace.database))


def packed(lab: Lab, path: Path, **how: Any) -> Manifest:
    """Pack all runs of a workspace."""
    found, without = packable(lab.runs(), chosen=False)
    return last(pack(found, lab, path, without, **how))


def unpacked(path: Path, lab: Lab) -> Unpacked:
    return last(unpack(path, lab))


def members(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(content: Members, ending: str, change: Callable[[Any], Any]) -> Members:
    """The member that ends so, as JSON, changed in place or by what `change` returns."""
    (name,) = (name for name in content if name.endswith(ending))
    value = json.loads(content[name])
    found = change(value)
    return {**content, name: json.dumps(value if found is None else found).encode()}


def snapshot(lab: Lab) -> dict[str, Any]:
    """All that a workspace holds: its files but the database and locks, and its rows."""
    home = lab.workspace.home
    files = {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()
             and not path.name.startswith("epochlab.db") and path.suffix != ".lock"}  # fmt: skip
    return files | {run: lab.store.rows(run) for run in lab.store.ids()}
