"""A data set is one value: its name, and the path of a folder or ZIP."""

from pathlib import Path

import pytest

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.loading.settings import DataConfig
from tests.datasets.makers import folder, prepared, two_classes


def test_a_built_in_is_named_alone() -> None:
    mnist = DataSource("mnist")
    assert (mnist.key, mnist.title, mnist.is_folder) == ("mnist", "MNIST", False)
    with pytest.raises(BadInput, match=r"data\.path is '/x'; it is only for data\.name=folder"):
        DataSource("mnist", "/x")
    with pytest.raises(BadInput, match="unknown data set 'mnits'; have: digits"):
        DataSource("mnits")


def test_a_folder_is_known_by_its_one_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pets = DataSource("folder", "x/../My pets")
    assert (pets.place, pets.title, pets.is_folder) == (tmp_path / "My pets", "My pets", True)
    assert pets.key == DataSource("folder", str(tmp_path / "My pets")).key


def test_a_folder_still_to_be_chosen_has_no_place() -> None:
    later = DataSource("folder")
    for of in ("place", "key", "title"):
        with pytest.raises(BadInput, match="an image folder needs a path"):
            getattr(later, of)
    with pytest.raises(BadInput, match="cannot be resolved"):
        _ = DataSource("folder", "~nobody-of-that-name/x").place


def test_settings_and_a_prepared_set_say_the_same_source(workspace: Workspace, tmp_path: Path) -> None:
    path = folder(tmp_path / "pets", two_classes())
    meta = prepared(workspace, "folder", path).meta
    assert DataSource.of(DataConfig(name="folder", path=str(path))) == DataSource.of(meta)
    assert DataSource.of(prepared(workspace, "digits").meta) == DataSource.of(DataConfig()) == DataSource("digits")
