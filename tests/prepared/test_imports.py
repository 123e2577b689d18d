"""Imports: whether they have changed, what they are called, and their removal."""

import shutil
from pathlib import Path

import pytest

from core.datasets.source import DataSource
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.importing.archive import save_upload
from core.prepared import imports, prepare
from core.prepared.cache_entry import CacheEntry
from core.run_config import RunConfig
from core.runs.lab import Lab
from tests.datasets.photo_makers import picture


def image(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(seed, (9, 9), "PNG"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of four small images."""
    for name in ("cats", "dogs"):
        for number in range(4):
            image(tmp_path / "pets" / name / f"{number}.png", number * 20 + len(name))
    return tmp_path / "pets"


@pytest.fixture
def own(workspace: Workspace, folder: Path) -> DataSource:
    """The folder, imported."""
    source = DataSource("folder", str(folder))
    list(prepare.prepare(source, workspace))
    return source


@pytest.fixture
def uploaded(workspace: Workspace, folder: Path) -> DataSource:
    """The same as a ZIP that came in through the browser."""
    with open(shutil.make_archive(str(folder.parent / "sent"), "zip", folder), "rb") as stream:
        source = DataSource("folder", str(save_upload("my pets.zip", stream, workspace)))
    list(prepare.prepare(source, workspace))
    return source


def meta(source: DataSource, workspace: Workspace):
    return prepare.require(source, workspace).meta


def test_a_folder_that_changed_or_went_is_told(workspace: Workspace, own: DataSource, folder: Path) -> None:
    assert imports.change_since(meta(own, workspace)) == ""
    image(folder / "cats" / "new.png", 7)
    assert imports.change_since(meta(own, workspace)) == "changed"
    list(prepare.prepare(own, workspace))
    assert imports.change_since(meta(own, workspace)) == ""
    (folder / "cats" / "new.png").unlink()
    assert imports.change_since(meta(own, workspace)) == "changed"
    shutil.rmtree(folder)
    assert imports.change_since(meta(own, workspace)) == "gone"


def test_an_upload_is_called_by_its_name(workspace: Workspace, own: DataSource, uploaded: DataSource) -> None:
    assert imports.place_of(uploaded, workspace) == "my_pets.zip, uploaded"
    assert imports.place_of(own, workspace) == own.path


def test_a_persons_own_folder_stays_and_an_uploaded_copy_goes(
    workspace: Workspace, own: DataSource, uploaded: DataSource, folder: Path
) -> None:
    before = sorted(folder.rglob("*"))
    imports.remove(own, workspace)
    assert sorted(folder.rglob("*")) == before and prepare.find(own, workspace) is None
    assert [found.path for found in prepare.imported(workspace)] == [uploaded.path]
    imports.remove(uploaded, workspace)
    assert not uploaded.place.exists() and not prepare.imported(workspace)
    assert {file.suffix for file in workspace.cache.iterdir()} <= {".lock"}


def test_an_upload_that_is_read_in_two_ways_stays_until_neither_is_left(
    workspace: Workspace, uploaded: DataSource
) -> None:
    other = DataSource("folder", uploaded.path, "outer")
    list(prepare.prepare(other, workspace))
    imports.remove(uploaded, workspace)
    assert uploaded.place.exists() and prepare.find(other, workspace)
    imports.remove(other, workspace)
    assert not uploaded.place.exists()


def test_what_is_being_prepared_is_not_removed(workspace: Workspace, own: DataSource) -> None:
    with CacheEntry(own, workspace).lock(), pytest.raises(Problem, match="“pets” is being prepared"):
        imports.remove(own, workspace)
    assert prepare.find(own, workspace)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_never_while_a_run_needs_it(
    workspace: Workspace, own: DataSource, lab: Lab, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab.liveness.__class__, "checked", lambda self, run, **more: run)
    monkeypatch.setattr(lab.executor.__class__, "ensure_worker", lambda self: None)
    run = lab.store.add(RunConfig().replace(own.settings), "at work", state=state)
    with pytest.raises(Problem, match="“pets” cannot be removed now: the run “at work” trains on it or waits to"):
        lab.forget(own)
    lab.store.change(run.id, state="finished")
    assert [one.id for one in lab.runs_on(own)] == [run.id]
    lab.forget(own)
    assert prepare.find(own, workspace) is None and lab.run(run.id).state == "finished"


def test_an_import_is_found_by_its_path_and_its_name(
    workspace: Workspace, own: DataSource, uploaded: DataSource
) -> None:
    assert imports.find_import(str(own.path), workspace) == imports.find_import("pets", workspace) == own
    assert imports.find_import("my_pets.zip", workspace) == uploaded
    with pytest.raises(BadInput, match="There is no import “dogs”; have: /"):
        imports.find_import("dogs", workspace)
    list(prepare.prepare(DataSource("folder", own.path, "outer"), workspace))
    with pytest.raises(BadInput, match=r"“pets” could be any of these imports: .*Give the path, or --layout"):
        imports.find_import("pets", workspace)
    assert imports.find_import("pets", workspace, "auto") == own
