"""The same run unwatched, watched and bare is told with its speed and its ticks."""

from collections.abc import Callable

import pytest

from benchmarks import server, streaming
from tests.benchmarks.tables import number, tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.usefixtures("own_environment")
def test_table(
    in_process: Callable[..., str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server, "QUIET", 1)
    monkeypatch.setattr(streaming, "command", in_process)
    monkeypatch.setattr("sys.argv", ["streaming", "--tiny"])
    streaming.main()
    (rows,) = tables(capsys.readouterr().out)
    assert [(row["recipe"], row["training"]) for row in rows] == [
        ("digits-quick", side) for side in ("unwatched", "watched", "bare")
    ]
    for row in rows:
        assert all(number(row[name]) > 0 for name in ("images/s", "of unwatched", "of bare"))
    assert number(rows[0]["of unwatched"]) == number(rows[2]["of bare"]) == 100
    assert number(rows[1]["ticks of a tab"]) > 0
