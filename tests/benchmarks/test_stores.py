"""Each kind of store is measured in every row."""

import pytest

from benchmarks import stores
from tests.benchmarks.tables import tables
from tests.postgres import require_postgres


@pytest.mark.slow
def test_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    require_postgres()
    monkeypatch.setattr("sys.argv", ["stores", "--tiny"])
    stores.main()
    (rows,) = tables(capsys.readouterr().out)
    assert [row["what"] for row in rows] == [
        "a report of a step", "an epoch with its checkpoint", "the tick of a page",
        "10 runs read for the first time", "Compare with 10 runs",
    ]  # fmt: skip
    assert all(float(row[kind].split()[0]) > 0 for row in rows for kind in ("SQLite, ms (p95)", "PostgreSQL, ms (p95)"))
