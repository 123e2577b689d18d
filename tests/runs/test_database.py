"""Opening a store: new, old, too new, by many at once, or one that is none."""

import sqlite3
import threading
from contextlib import closing

import pytest

from core.errors import BadInput, Problem, Unwritable
from core.run_config import RunConfig
from core.runs import migrations
from core.runs.sql_store import SqlStore
from tests.rows import epoch_row
from tests.runs.conftest import sql
from tests.runs.earlier import EPOCH, earlier_version, step


@pytest.mark.parametrize("url", [
    "sqlite:////proc/no/such/place.db", "nonsense", "nosuchdatabase://x/y", "mysql://x/y", "postgresql+asyncpg://x/y",
    "postgresql://x:port/y",
])  # fmt: skip
def test_a_store_that_cannot_be_opened_is_a_sentence(url):
    with pytest.raises(Problem, match=r"(no database|cannot be|not used here)"):
        SqlStore(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_that_no_worker_would_find_is_a_sentence(url):
    with pytest.raises(BadInput, match="in the memory of one process"):
        SqlStore(url)


def tables(path) -> list[tuple]:
    """What SQLite says of every column of the tables of numbers."""
    with closing(sqlite3.connect(path)) as db:
        listed = [("table", row[1], row[4]) for row in db.execute("PRAGMA table_list") if row[1] in ("epochs", "steps")]
        columns = [(name, *row) for name in ("epochs", "steps") for row in db.execute(f"PRAGMA table_info({name})")]
        keys = [(name, *row) for name in ("epochs", "steps") for row in db.execute(f"PRAGMA foreign_key_list({name})")]
        return sorted(listed) + columns + keys


def test_a_store_of_an_older_version_is_brought_up_to_date_once(tmp_path):
    earlier_version(tmp_path / "old.db")
    found = []

    def look():
        found.append([run.name for run in SqlStore(f"sqlite:///{tmp_path / 'old.db'}").all()])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["old"]] * 8
    store = SqlStore(f"sqlite:///{tmp_path / 'old.db'}")
    run = store.find("old")
    store.change(run.id, oom_counters={"boot": "x"})
    assert store.get(run.id).oom_counters == {"boot": "x"} and store.epochs(run.id) == [EPOCH]


@pytest.mark.parametrize("version", [1, 2])
def test_numbers_that_had_columns_are_kept_by_name(tmp_path, version, monkeypatch):
    monkeypatch.setattr(migrations, "ROWS_AT_ONCE", 7)
    earlier_version(tmp_path / "old.db", version, runs=3, steps=20)
    store = SqlStore(f"sqlite:///{tmp_path / 'old.db'}")
    for run in store.all():
        assert store.epochs(run.id) == [EPOCH] and store.steps(run.id) == list(map(step, range(20)))
        assert list(store.epochs(run.id)[0].metrics) == list(EPOCH.metrics)  # in their order
    run = store.all()[0].id
    store.report(run, [step(20)], epoch_row(1, 9, 0.5, 0.9, 90, 100, 0.6, 0.8, 8, 10, 0.001, 1.0))
    assert store.steps(run, after=18) == [step(19), step(20)] and len(store.epochs(run)) == 2
    SqlStore(f"sqlite:///{tmp_path / 'new.db'}")
    assert tables(tmp_path / "old.db") == tables(tmp_path / "new.db")


def test_a_change_that_breaks_off_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    earlier_version(tmp_path / "old.db", 2, steps=20)
    before = tables(tmp_path / "old.db")

    def full(rows):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, pytest.raises(sqlite3.OperationalError):
        patch.setattr(migrations, "write_json", full)
        SqlStore(f"sqlite:///{tmp_path / 'old.db'}")
    assert tables(tmp_path / "old.db") == before
    store = SqlStore(f"sqlite:///{tmp_path / 'old.db'}")
    assert store.steps(store.find("old").id) == list(map(step, range(20)))


def test_a_row_whose_numbers_are_damaged_hides_no_other(workspace):
    store = SqlStore(workspace.database)
    run = store.add(RunConfig()).id
    store.report(run, [step(number) for number in range(4)], EPOCH)
    left = [row.metrics for row in map(step, range(4))]
    for number, damaged in ((2, "{}, {}"), (1, '{"loss": 1')):
        sql(store, "UPDATE steps SET metrics = :metrics WHERE step = :step", metrics=damaged, step=number)
        left[number] = {}
        assert [row.metrics for row in store.steps(run)] == left
    assert store.steps(run)[1]["loss"] is None


def test_a_store_of_a_newer_version_is_left_alone(workspace):
    store = SqlStore(workspace.database)
    store.add(RunConfig(), "kept")
    sql(store, "UPDATE about SET version = 999")
    before = sql(store, "SELECT * FROM runs")
    with pytest.raises(Problem, match=r"made by a newer version of Epochlab.* Install the newer one"):
        SqlStore(store.url)
    assert sql(store, "SELECT * FROM runs") == before and sql(store, "SELECT * FROM about") == [(999,)]


def test_a_new_store_is_opened_by_many_at_once(tmp_path):
    refused = []

    def opened(url):
        try:
            SqlStore(url)
        except Problem as error:
            refused.append(error)

    for number in range(20):
        threads = [threading.Thread(target=opened, args=[f"sqlite:///{tmp_path}/{number}.db"]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not refused


def test_a_store_that_does_not_say_its_version_is_damaged(workspace):
    sql(SqlStore(workspace.database), "DELETE FROM about")
    with pytest.raises(Problem, match="is damaged: it does not say which version made it"):
        SqlStore(workspace.database)


def test_a_database_that_somebody_holds_says_so(tmp_path, monkeypatch):
    store = SqlStore(f"sqlite:///{tmp_path}/held.db")
    with store.engine.connect() as db:
        db.exec_driver_sql("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / "held.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unwritable, match=r"\(database is locked\)\. Another program has locked it for a long time"):
            store.add(RunConfig())
    assert store.add(RunConfig()).state == "queued"
