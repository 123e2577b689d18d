"""`python -m core script`, and its script as a process that knows nothing of this program."""

import os
import subprocess
import sys

import pytest

from core.cli.parser import main
from core.datasets.catalog import catalog
from core.files.paths import Workspace
from core.prepared import prepare


@pytest.fixture
def command(workspace: Workspace, monkeypatch, capsys):
    """`command(…)`: the status of a command in the test's own workspace, and all that it prints."""
    for name, value in (("HOME", workspace.home), ("DATA", workspace.data), ("DB", workspace.database)):
        monkeypatch.setenv(f"EPOCHLAB_{name}", str(value))

    def run(*arguments: str) -> tuple[int, str]:
        status = main(["script", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


def test_a_run_gives_its_numbers_in_a_process_of_its_own(command, trained, tmp_path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    status, printed = command(trained.id, "--exact", "--to", away / "train.py")
    assert status == 0 and "train.py" in printed
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "train.py"], cwd=away, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    from core.files.paths import Workspace
    from core.runs.sql_store import SqlStore

    rows = SqlStore(Workspace.from_environment().database).epochs(trained.id)
    *epochs, _test = done.stdout.splitlines()
    for line, row in zip(epochs, rows[1:], strict=True):
        loss = float(line.partition("loss ")[2].partition(",")[0])
        assert loss == pytest.approx(row.flat()["train_loss"], rel=1e-6)


def test_settings_are_printed_or_written(command, digits, tmp_path) -> None:
    status, printed = command("--recipe", "digits-quick", "--set", "optimizer.lr=0.0123")
    assert status == 0 and "lr=0.0123" in printed and printed.startswith('"""')
    for ending in (".py", ".ipynb", ".zip"):
        assert command("--recipe", "digits-quick", "--to", tmp_path / f"t{ending}")[0] == 0
        assert (tmp_path / f"t{ending}").stat().st_size > 1000
    assert "`python t.py picture.png`" in (tmp_path / "t.py").read_text()


@pytest.mark.parametrize("name", [name for name in catalog() if name != "digits"])
def test_a_built_in_set_is_written_down_without_its_images(command, monkeypatch, name) -> None:
    """No network is asked, either; the scale that nobody has measured is measured by the script."""
    monkeypatch.setattr("core.prepared.prepare.download", pytest.fail)
    status, printed = command("--recipe", "mnist-mlp", "--set", f"data.name={name}", "--set", "data.normalize=dataset")
    assert status == 0
    compile(printed, "train.py", "exec")
    assert ("pixels.mean(" in printed) == (catalog()[name].measured is None) and "v2.Normalize(" in printed
    assert ("def drawn(" in printed) == (name == "mnist")


def test_a_run_is_written_down_without_its_images(command, trained, digits, tmp_path, monkeypatch) -> None:
    printed = command(trained.id)[1]
    monkeypatch.setattr(prepare, "find", lambda source, workspace: None)
    assert command(trained.id)[1] == printed


@pytest.mark.parametrize("arguments,words", [
    ([], "name one thing to write down"),
    (["some run", "--recipe", "digits-quick"], "name one thing to write down"),
    (["some run", "--set", "optimizer.lr=1"], "--set changes the settings of"),
    (["--recipe", "digits-quick", "--to", "train.txt"], "ends in .txt; allowed: .py, .ipynb, .zip"),
    (["--recipe", "digits-quick", "--to", "no/where.py"], "there is no folder no to write where.py into"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(command, digits, arguments, words) -> None:
    status, printed = command(*arguments)
    assert status == 2 and words in printed, printed
