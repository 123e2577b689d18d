"""The scripts of a recipe run as processes without this project, and give what they should."""

import pytest

from benchmarks import scripts
from tests.benchmarks.tables import tables
from tests.conftest import LONG

pytestmark = [LONG, pytest.mark.slow]


@pytest.mark.usefixtures("own_environment")
def test_table(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["scripts", "--tiny"])
    scripts.main()
    ((row,),) = tables(capsys.readouterr().out)
    assert (row["recipe"], row["exact script"], row["notebook"]) == (
        "`digits-quick`", "equal to the last digit", "the same lines"
    )  # fmt: skip


def test_numbers_that_differ_are_told() -> None:
    printed = "epoch 1: loss 0.5, accuracy 80.0000%, measured 0.25, 90.0000%\ntest: loss 0.25, accuracy 91.0000%\n"
    found = list(scripts.of_exact(printed))
    assert found == [[0.5, 80.0, 0.25, 90.0], [91.0]]
    assert scripts.apart(found, found) == "equal to the last digit"
    assert scripts.apart(found, [[0.5, 80.0, 0.2500001, 90.0], [91.0]]) == "apart by 4e-07"
    assert scripts.apart(found, found[1:]) == "other epochs"
