"""Opening a store: new, old, too new, by many at once, or one that is none."""

import sqlite3
import threading
from contextlib import closing

import pytest

from core.config import RunConfig
from core.errors import BadInput, Problem, Unwritable
from core.runs.store import EpochRow, Store

EPOCH = EpochRow(0, 0, None, None, None, None, 2.3, 0.1, 1, 10, None, 0.0)


@pytest.mark.parametrize("url", ["sqlite:////proc/no/such/place.db", "nonsense", "nosuchdatabase://x/y"])
def test_a_store_that_cannot_be_opened_is_a_sentence(url):
    with pytest.raises(Problem, match=r"(no database|cannot be) "):
        Store(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_that_no_worker_would_find_is_a_sentence(url):
    with pytest.raises(BadInput, match="in the memory of one process"):
        Store(url)


def first_version(path) -> None:
    """The tables as they were before they had a version, with a run in them."""
    store = Store(f"sqlite:///{path}")
    store.report(store.add(RunConfig(), "old").id, epoch=EPOCH)
    store.engine.dispose()
    with sqlite3.connect(path) as db:
        for column in ("oom_counters", "outcome"):
            db.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        db.execute("ALTER TABLE runs RENAME COLUMN requested_action TO wish")
        db.execute("DROP TABLE about")


def test_a_store_of_an_older_version_is_brought_up_to_date_once(tmp_path):
    first_version(tmp_path / "old.db")
    found = []

    def look():
        found.append([run.name for run in Store(f"sqlite:///{tmp_path / 'old.db'}").all()])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["old"]] * 8
    store = Store(f"sqlite:///{tmp_path / 'old.db'}")
    run = store.find("old")
    store.change(run.id, oom_counters={"boot": "x"})
    assert store.get(run.id).oom_counters == {"boot": "x"} and store.epochs(run.id) == [EPOCH]


def test_a_store_of_a_newer_version_is_left_alone(places):
    store = Store(places.database)
    store.add(RunConfig(), "kept")
    with sqlite3.connect(places.home / "epochlab.db") as db:
        db.execute("UPDATE about SET version = 999")
    before = (places.home / "epochlab.db").read_bytes()
    with pytest.raises(Problem, match=r"made by a newer version of Epochlab.* Install the newer one"):
        Store(store.url)
    assert (places.home / "epochlab.db").read_bytes() == before


def test_a_new_store_is_opened_by_many_at_once(tmp_path):
    refused = []

    def opened(url):
        try:
            Store(url)
        except Problem as error:
            refused.append(error)

    for number in range(20):
        threads = [threading.Thread(target=opened, args=[f"sqlite:///{tmp_path}/{number}.db"]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not refused


def test_a_store_that_does_not_say_its_version_is_damaged(places):
    Store(places.database)
    with sqlite3.connect(places.home / "epochlab.db") as db:
        db.execute("DELETE FROM about")
    with pytest.raises(Problem, match="is damaged: it does not say which version made it"):
        Store(places.database)


def test_a_database_that_somebody_holds_says_so(tmp_path, monkeypatch):
    store = Store(f"sqlite:///{tmp_path}/held.db")
    with store.engine.connect() as db:
        db.exec_driver_sql("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / "held.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unwritable, match=r"\(database is locked\)\. Another program has held it for long"):
            store.add(RunConfig())
    assert store.add(RunConfig()).state == "queued"
