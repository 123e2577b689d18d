from pathlib import Path

import pytest

from core.errors import BadInput
from core.files.paths import Workspace, pasted
from core.runs.database import open_engine


@pytest.mark.parametrize("variable", ["EPOCHLAB_HOME", "EPOCHLAB_DATA"])
def test_a_folder_of_nobody_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~nobody-of-this-name/lab")
    said = f"{variable} is '~nobody-of-this-name/lab', which cannot be resolved. Set it to"
    with pytest.raises(BadInput, match=said):
        Workspace.from_environment()


def test_a_database_named_from_here_is_the_same_for_a_worker_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for named, meant in (
        ("sqlite:///mine.db", f"sqlite:///{tmp_path}/mine.db"),
        ("sqlite:////else/where.db", "sqlite:////else/where.db"),
        ("postgresql://somebody@host/lab", "postgresql://somebody@host/lab"),
    ):
        monkeypatch.setenv("EPOCHLAB_DB", named)
        assert Workspace.from_environment().database == meant


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        (' "/home/me/my pets" ', "/home/me/my pets"),
        ("'/home/me/my pets'", "/home/me/my pets"),
        ("“/home/me/my pets”", "/home/me/my pets"),
        ("file:///home/me/my%20pets", "/home/me/my pets"),
        ("FILE:///home/me/%C3%84pfel", "/home/me/Äpfel"),
        (r"/home/me/my\ pets\ \(1\)", "/home/me/my pets (1)"),
        ("~/pets", "~/pets"),
        ("", ""),
        ('"', '"'),
    ],
)
def test_a_path_is_read_as_it_was_pasted(typed: str, path: str) -> None:
    assert pasted(typed) == path


def test_a_path_that_exists_is_taken_as_it_is(tmp_path: Path) -> None:
    odd = tmp_path / "a\\ b"
    odd.mkdir()
    assert pasted(str(odd)) == str(odd)


@pytest.mark.parametrize("name", ["what?", "50% off", "a#b", "Ä pfel", "x+y&z", "%41"])
def test_any_folder_can_be_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path / name))
    monkeypatch.delenv("EPOCHLAB_DB", raising=False)
    workspace = Workspace.from_environment()
    open_engine(workspace.database).dispose()
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "epochlab.db").exists()
