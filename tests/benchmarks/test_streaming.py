"""The same run unwatched, watched and bare is told with its speed and its ticks."""

import pytest

from benchmarks.side_by_side import command
from tests.benchmarks.tables import number, tables
from tests.conftest import LONG

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), LONG]


def test_table() -> None:
    (rows,) = tables(command("benchmarks.streaming", "--tiny"))
    assert [(row["recipe"], row["training"]) for row in rows] == [
        ("digits-quick", side) for side in ("unwatched", "watched", "bare")
    ]
    for row in rows:
        assert all(number(row[name]) > 0 for name in ("images/s", "of unwatched", "of bare"))
    assert number(rows[0]["of unwatched"]) == number(rows[2]["of bare"]) == 100
    assert number(rows[1]["ticks of a tab"]) > 0
