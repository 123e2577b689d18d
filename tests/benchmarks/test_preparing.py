"""What is prepared, and opened again, is told with its time."""

from collections.abc import Callable

import pytest

from benchmarks import side_by_side
from tests.benchmarks.tables import number, tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_table(in_process: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "command", in_process)
    (rows,) = tables(in_process("benchmarks.preparing", "--tiny"))
    assert len(rows) == 4
    assert rows[2]["what"] == "20 small JPEGs from a ZIP"
    for row in rows:
        assert 0 < number(row["prepared in"]) < 60
        assert 0 < number(row["opened again in"]) < 10_000
