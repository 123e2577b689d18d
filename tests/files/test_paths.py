from pathlib import Path

import pytest

from core.errors import BadInput
from core.files.paths import Workspace


@pytest.mark.parametrize("variable", ["EPOCHLAB_HOME", "EPOCHLAB_DATA"])
def test_a_folder_of_nobody_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path))
    monkeypatch.setenv(variable, "~nobody-of-this-name/lab")
    with pytest.raises(BadInput, match=f"{variable} is '~nobody-of-this-name/lab', which leads nowhere. Set it to"):
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
