"""People come and are counted; how fast they are served is for the benchmark itself to say."""

import pytest

from benchmarks.side_by_side import command
from tests.benchmarks.tables import number, tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_tables() -> None:
    waits, whole = tables(command("benchmarks.people", "--tiny"))
    assert [row["page"] for row in waits] == ["Home", "Data", "Train", "Compare", "Predict", "all"]
    for row in waits:
        assert number(row["reruns"]) >= 1
        assert 0 < number(row["median"]) <= number(row["95 of 100 within"]) <= number(row["slowest"])
    wait, errors, memory, growth, slope = (number(row["measured"]) for row in whole)
    assert (0 < wait < 60, errors, 100 < memory < 5000) == (True, 0, True)
    assert abs(growth) < 10 and abs(slope) < 10
