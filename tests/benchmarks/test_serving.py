"""A server is asked by one client and by sixteen; how fast it answers is for the benchmark itself to say."""

import pytest

from benchmarks import serving
from tests.benchmarks.tables import number, tables
from tests.conftest import LONG

pytestmark = [LONG, pytest.mark.slow]


@pytest.mark.usefixtures("own_environment")
def test_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["serving", "--tiny"])
    serving.main()
    (rows,) = tables(capsys.readouterr().out)
    assert [(row["clients"], row["forward passes"]) for row in rows] == [
        (clients, passes) for clients in ("1", "16") for passes in ("shared passes", "one a pass")
    ]
    assert all(number(row["images/s"]) > 0 and number(row["95 of 100 within"]) > 0 for row in rows)
