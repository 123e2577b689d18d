"""What a server can do that a file cannot: stop, start again, refuse a user, and be opened from everywhere at once."""

import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.errors import BadInput, Problem, Unwritable
from core.files.paths import Workspace
from core.run_config import RunConfig
from core.runs import database, hold, liveness
from core.runs.attempt import Attempt
from core.runs.attended import Attended
from core.runs.database import migrations, postgresql, without_password
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import PATIENCE_S, EpochRow, Refusal, Run, StepRow
from core.runs.trained import trained_checkpoint
from core.runs.worker import wait_for_run
from core.training.events import EpochMetrics
from tests.postgres import USER, Server, require_postgres
from tests.runs.conftest import sql, until

OPENED = "import sys; from core.runs.sql_store import SqlStore; SqlStore(sys.argv[1]).all()"
HOLDS = """
import sys, time
from core.runs.sql_store import SqlStore
held = SqlStore(sys.argv[1]).hold(sys.argv[2])
print("held", flush=True)
time.sleep(600)
"""
JSON_COLUMNS = ("config", "tags", "oom_counters", "outcome", "summary", "origin")


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.new_schema(f"s{uuid4().hex}")


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that this test may stop."""
    require_postgres()
    server = Server(Path("/tmp") / f"epochlab-pg-{uuid4().hex[:8]}")
    server.make()
    server.start()
    yield server
    server.stop("immediate")
    subprocess.run(["rm", "-rf", str(server.folder)], check=True)


def test_two_processes_open_an_empty_database_at_once(postgres: Server) -> None:
    for _ in range(12 if os.environ.get("EPOCHLAB_TEST_LONG") else 3):
        url = postgres.new_schema(f"s{uuid4().hex}")
        opening = [subprocess.Popen([sys.executable, "-c", OPENED, url], stderr=subprocess.PIPE) for _ in range(2)]
        assert [one.communicate(timeout=120)[1] for one in opening] == [b"", b""]
        assert SqlStore(url).all() == []


def test_threads_open_an_empty_database_at_once(postgres: Server) -> None:
    refused = []

    def opened(url: str) -> None:
        try:
            SqlStore(url)
        except Exception as error:
            refused.append(error)

    for _ in range(12):
        url = postgres.new_schema(f"s{uuid4().hex}")
        threads = [threading.Thread(target=opened, args=[url]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not refused


def test_numbers_and_signs_that_its_json_refuses_are_kept(url: str) -> None:
    store = SqlStore(url)
    run = store.add(RunConfig(), "n")
    odd = {"test_loss": math.inf, "val_loss": math.nan, "words": "a\0b\ud800", "long": "x" * 10**6}
    store.change(run.id, summary=odd, stage="a\0b", requested_action="something long")
    seen = sql(store, "SELECT stage, requested_action FROM runs")[0]
    assert tuple(seen) == ("ab", "something long")
    kept = store.columns(run.id)["summary"]
    assert kept["test_loss"] == math.inf and math.isnan(kept["val_loss"]) and kept["words"] == odd["words"]
    assert kept["long"] == odd["long"]
    for name in ("a\0b", "x" * 10**5):
        with pytest.raises(BadInput, match="There is no run"):
            store.get(name)


def test_a_database_of_an_earlier_version_keeps_its_runs(url: str) -> None:
    store = SqlStore(url)
    run = store.add(RunConfig(), "kept")
    store.change(run.id, summary={"seconds": 1.0})
    for name in JSON_COLUMNS:
        sql(store, f"ALTER TABLE runs ALTER COLUMN {name} TYPE JSON USING {name}::json")
    for name in ("place", "attempt", "fingerprint"):
        sql(store, f"ALTER TABLE runs DROP COLUMN {name}")
    sql(store, "DROP TABLE computers")
    sql(store, "UPDATE about SET version = 4")
    again = SqlStore(url).get(run.id)
    assert SqlStore(url).computers() == []
    assert again.attempt == 0 and again.config == run.config and again.summary == {"seconds": 1.0}
    assert migrations.CHANGES.keys() == set(range(2, database.schema.VERSION + 1))


def test_what_the_server_did_before_its_answer_was_lost_is_not_done_twice(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    store = SqlStore(url)
    commit, lost = store.engine.dialect.do_commit, list[object]()

    def lose(connection: Any) -> None:
        commit(connection)
        if lost:
            lost.pop()
            connection.dbapi_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(store.engine.dialect, "do_commit", lose)
    lost.append(1)
    run = store.add(RunConfig(), "once")
    assert [one.id for one in store.all()] == [run.id] and not lost
    lost.append(1)
    assert store.move(run.id, "running", only_from=["queued"]) and not lost
    assert (store.get(run.id).state, store.get(run.id).attempt) == ("running", 1)
    rows = store.rows(run.id)
    lost.append(1)
    store.add_rows([replace(rows, columns={**rows.columns, "id": "0123abcd"})])
    assert store.ids() == [run.id, "0123abcd"] and not lost


def test_who_looks_whether_a_run_is_held_seems_to_nobody_to_hold_it(url: str) -> None:
    store, other = SqlStore(url), SqlStore(url)
    with store.engine.begin() as db:
        assert store.kind.is_locked(db, hold.key_of("0123abcd")) is False
        assert other.is_held("0123abcd") is False
        held = other.hold("0123abcd")
        assert store.kind.is_locked(db, hold.key_of("0123abcd")) is True
    held.release()


def test_a_computer_that_falls_asleep_in_a_transaction_stops_nobody_for_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "IDLE_MS", 200)
    asleep, store = SqlStore(url), SqlStore(url)
    run = store.add(RunConfig(), "n")
    with asleep.engine.connect() as db:
        db.execute(text("UPDATE runs SET notes = 'half'"))
        store.change(run.id, stage="awake")
        assert store.get(run.id).notes == ""
        with pytest.raises(database.Unreachable):
            db.execute(text("SELECT 1"))


def test_more_threads_than_connections_are_told_that_it_is_slow(url: str) -> None:
    store = SqlStore(url)
    taken = [store.engine.connect() for _ in range(15)]
    store.engine.pool._timeout = 0.1  # type: ignore[attr-defined]
    with pytest.raises(Unwritable, match="it answers too slowly"):
        store.all()
    for one in taken:
        one.close()
    assert store.all() == []


def test_what_stands_in_the_row_of_a_computer_harms_nobody_who_reads_it(url: str) -> None:
    store = SqlStore(url)
    told = Refusal(Problem("Its images are not there.").to_dict(), 1.0)
    store.tell_computer("pc:/home", devices=["CPU"], refused={"0123abcd": told})
    for column, values in {
        "devices": ["null", "3", "[1, null]", "torn"],
        "refused": ["null", "[]", "torn", '{"a": null}', '{"a": {"problem": 3}}', '{"a": {"problem": {}}}'],
        "heard": ["NaN", "Infinity", "-1e300"],
        "since": ["NaN", "1e300"],
    }.items():
        for value in values:
            sql(store, f"UPDATE computers SET {column} = :value", value=float(value) if len(column) == 5 else value)
            seen = store.computers()[0]
            assert seen.heard >= 0 and seen.since >= 0 and math.isfinite(seen.heard + seen.since)
            assert all(isinstance(name, str) for name in seen.devices)
            assert seen.refused == store.refused("pc:/home") == ({} if column != "devices" else {"0123abcd": told})
    both = {"good": vars(told), "bad": {"problem": None}, "newer": {**vars(told), "more": 1}}
    sql(store, "UPDATE computers SET refused = :value", value=json.dumps(both))
    assert store.refused("pc:/home") == {"good": told, "newer": told}


def test_numbers_that_only_a_hand_can_have_written_end_nothing(url: str) -> None:
    store = SqlStore(url)
    run = store.add(RunConfig(), state="running")
    rows = [StepRow(step, step / 4, {"loss": 1.0}, 0.1) for step in range(1, 5)]
    store.report(run.id, rows, EpochRow(1, 4, {"val_loss": 1.0}, 0.4))
    for column, value, step in (("epoch", math.nan, 1), ("epoch", math.inf, 2), ("seconds", math.nan, 3)):
        sql(store, f"UPDATE steps SET {column} = :value WHERE step = :step", value=value, step=step)
    sql(store, "UPDATE epochs SET metrics = :value", value=f'{{"val_loss": 1{"0" * 400}}}')
    assert store.steps(run.id) == rows[3:] and store.epochs(run.id)[0].metrics == {}
    assert store.ask(run.id, "explode") and Attempt(store.get(run.id), store).requested_action() is None


def test_a_server_that_starts_anew_is_waited_for(own_server: Server, tmp_path: Path) -> None:
    store, hasty, left = (SqlStore(own_server.url()) for _ in range(3))
    store.patience = PATIENCE_S
    run = store.add(RunConfig())
    own_server.stop("immediate")  # as in a crash
    began = time.monotonic()
    with pytest.raises(Unwritable, match="Check that the server of EPOCHLAB_DB is running and can be reached"):
        hasty.all()
    assert time.monotonic() - began < 5
    attended, said = Attended(Lab(Workspace(tmp_path, tmp_path, own_server.url()), left), (words := []).append), words
    attended.stop()
    attended.work()
    assert said[-1] == "Stopped." and "Check that the server" in said[-2] and time.monotonic() - began < 10
    starting = threading.Timer(1, own_server.start)
    starting.start()
    store.change(run.id, notes="after it")
    starting.join()
    assert hasty.get(run.id).notes == "after it", "a page that comes later is told nothing of it"


def test_a_run_goes_on_over_a_restart_in_the_middle_of_an_epoch(
    own_server: Server, tmp_path: Path, prepared_digits: Path
) -> None:
    home = prepared_digits.parents[1]
    workspace = Workspace(tmp_path, home / "data", own_server.url())
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "digits").symlink_to(prepared_digits)
    lab = Lab(workspace, SqlStore(workspace.database))
    config = RunConfig().replace({"model.name": "mlp", "model.widths": [16], "training.epochs": 4})

    def restart(event: object) -> None:
        if isinstance(event, EpochMetrics) and event.epoch == 2:
            own_server.stop("immediate")
            threading.Timer(1, own_server.start).start()

    broken = execute(lab.store.add(config, state="running"), lab, restart)
    whole = execute(lab.store.add(config, state="running"), lab)
    assert (broken.state, broken.message) == ("finished", "")
    numbers = [[(row.epoch, row["val_loss"], row["train_loss"]) for row in lab.store.epochs(run.id)] for run in
               (broken, whole)]  # fmt: skip
    assert numbers[0] == numbers[1] and len(numbers[0]) == 5
    steps = [[(row.step, row["loss"]) for row in lab.store.steps(run.id)] for run in (broken, whole)]
    assert steps[0] == steps[1]


def test_without_its_driver_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"PostgreSQL database, and the package that .* pip install \"psycopg\[binary\]"):
        SqlStore("postgresql://somebody:secret@server/runs")


@pytest.mark.parametrize("url", [
    "postgresql://somebody:sec%2Fret@127.0.0.1:1/runs", "postgresql://somebody:secret@127.0.0.1:port/runs",
    "postgresql://127.0.0.1:1/runs?user=somebody&password=secret", "postgres://somebody:se:cr@et@127.0.0.1:1/runs",
    "nosuch://somebody:secret@server/runs", "postgresql://somebody:secret@:port/runs",
    "postgresql://me@corp:secret@127.0.0.1:1/runs", "postgresql://somebody:sec/ret@127.0.0.1:1/runs",
    "postgresql://somebody:a secret@127.0.0.1:1/runs", "somebody:secret@127.0.0.1:1/runs",
    "POSTGRESQL://127.0.0.1:1/runs?user=somebody&PASSWORD=secret", "postgresql://somebody:secret%00@127.0.0.1:1/runs",
    "postgresql://somebody:sec:ret@secret/1@127.0.0.1:1/runs",
])  # fmt: skip
def test_a_password_is_shown_nowhere(url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises((BadInput, Unwritable)) as refused:
        SqlStore(url)
    told = str(refused.value) + without_password(url)  # which a worker greets with
    assert not any(part in told for part in ("secret", "sec%2Fret", "sec/ret", "et@", "se:cr", "psycopg"))
    assert without_password(url).count("***") == 1


def test_a_wrong_password_or_name_is_told_from_a_server_that_does_not_answer(postgres: Server) -> None:
    unknown, closed = postgres.url().replace("postgres@", "nobody@"), "postgresql://somebody@127.0.0.1:1/runs"
    for url, cure in ((unknown, "the password"), (closed, "is running and can be reached")):
        with pytest.raises(Unwritable, match=cure):
            SqlStore(url)


def test_what_the_address_says_of_a_connection_is_kept_and_its_scheme_may_be_written_large(postgres: Server) -> None:
    url = postgres.url().replace("postgresql", " POSTGRES") + "&connect_timeout=7"
    with SqlStore(url).engine.connect() as db:
        told = db.connection.dbapi_connection.info.get_parameters()  # type: ignore[union-attr]
    assert (told["connect_timeout"], told["application_name"]) == ("7", "epochlab")


def test_a_database_of_any_bytes_keeps_names_and_one_of_few_signs_is_refused(postgres: Server) -> None:
    import psycopg

    for encoding in ("SQL_ASCII", "LATIN1"):
        words = f"CREATE DATABASE {encoding} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        with psycopg.connect(f"postgresql://{USER}@/postgres?host={postgres.folder}", autocommit=True) as db:
            db.execute(words)
    url = f"postgresql://{USER}@/{{}}?host={postgres.folder}"
    store = SqlStore(url.format("sql_ascii"))
    run = store.add(RunConfig(), "训练")
    assert store.get(run.id).name == "训练"
    with pytest.raises(BadInput, match=r"keeps texts as LATIN1.* createdb --encoding=UTF8"):
        SqlStore(url.format("latin1"))


@pytest.fixture
def labs(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Lab, Lab]:
    """Two workspaces that share a store."""
    monkeypatch.setattr(liveness, "LEFT_AFTER_S", 1.0)
    monkeypatch.setattr(hold, "LOOK_INTERVAL_S", 0.1)
    here, there = (Lab(Workspace(tmp_path / n, tmp_path / "data", url), SqlStore(url)) for n in ("here", "there"))
    return here, there


def seen_for(lab: Lab, run: Run, seconds: float) -> set[str]:
    """The states in which somebody sees a run who looks again and again."""
    end, states = time.monotonic() + seconds, set()
    while time.monotonic() < end:
        states.add(lab.run(run.id).state)
        time.sleep(0.1)
    return states


def running(lab: Lab) -> Run:
    """A run that a worker of this workspace has claimed, as far as the store says."""
    run = lab.store.add(RunConfig(), state="paused")
    lab.store.move(run.id, "running", only_from=["paused"], place=lab.workspace.place)
    return lab.store.get(run.id)


def test_another_workspace_sees_that_a_worker_lives_and_when_it_has_died(labs: tuple[Lab, Lab], url: str) -> None:
    here, there = labs
    run = running(here)
    worker = subprocess.Popen([sys.executable, "-c", HOLDS, url, run.id], stdout=subprocess.PIPE)
    assert worker.stdout and worker.stdout.readline() == b"held\n"
    assert there.store.is_held(run.id) and seen_for(there, run, 2.0) == {"running"}
    worker.kill()
    until(lambda: not there.store.is_held(run.id), 10)
    assert there.liveness.is_missed(run) and there.liveness.settled(run).state == "interrupted"
    with pytest.raises(Problem, match=f"it was trained in {here.workspace.place}"):
        trained_checkpoint(run, there.workspace)
    words = there.run(run.id).message
    assert here.workspace.place in words and "Resume the run there" in words
    # It lived, and had lost the database for a while: what it has learnt stands.
    assert Attempt(run, here.store).end("finished", summary={"test_accuracy": 0.9})
    assert (there.run(run.id).state, there.run(run.id).summary) == ("finished", {"test_accuracy": 0.9})


def test_a_computer_of_the_same_name_is_another_one(labs: tuple[Lab, Lab], url: str) -> None:
    here, _there = labs
    run = running(here)
    held = SqlStore(url).hold(run.id)  # by a worker there; no file is locked here
    assert here.run(run.id).state == "running"
    held.release()
    until(lambda: here.run(run.id).state == "interrupted", 5)


def test_a_run_that_another_computer_holds_lets_those_behind_it_pass(labs: tuple[Lab, Lab], url: str) -> None:
    here, _there = labs
    first, second = (here.queue.begun(RunConfig(), name) for name in ("first", "second"))
    for run in (first, second):
        here.store.move(run.id, "queued", only_from=["paused"])
    held = SqlStore(url).hold(first.id)
    work = wait_for_run(here, 0, ["cpu"])
    assert work and work[0].id == second.id and here.store.get(first.id).state == "queued"
    for one in (held, *work[1]):
        one.release()


def test_a_run_whose_files_are_on_another_computer_is_deleted_there(labs: tuple[Lab, Lab]) -> None:
    here, there = labs
    run = here.queue.begun(RunConfig(), "n")
    here.store.change(run.id, place=here.workspace.place)
    with pytest.raises(Problem, match=r"are not in .*there/runs, and would stay.* Delete it there"):
        there.delete(run.id)
    here.delete(run.id)
    assert not here.runs() and not here.workspace.run(run.id).exists()


def test_a_worker_holds_its_run_again_after_the_server_has_started_anew(
    own_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "LOOK_INTERVAL_S", 0.1)
    store = SqlStore(own_server.url())
    run = store.add(RunConfig())
    held = store.hold(run.id)
    assert store.is_held(run.id)
    own_server.stop("immediate")
    own_server.start()
    until(lambda: store.is_held(run.id), 10)
    held.release()
    until(lambda: not store.is_held(run.id), 10)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_only_looks_from_another_workspace_changes_nothing(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("url") if kind == "postgresql" else f"sqlite:///{tmp_path / 'shared.db'}"
    here, there = (Lab(Workspace(tmp_path / n, tmp_path / "data", url), SqlStore(url)) for n in ("here", "there"))
    run = here.store.add(RunConfig(), state="paused")
    here.store.move(run.id, "running", only_from=["paused"], place=here.workspace.place)
    before = sql(here.store, "SELECT * FROM runs")
    assert [one.state for one in there.runs()] == [there.run(run.id).state] == ["running"]
    with pytest.raises(Problem, match="Cancel it first"):
        there.delete(run.id)
    assert sql(here.store, "SELECT * FROM runs") == before
    old = here.store.add(RunConfig(), state="running")  # of an earlier version, which did not say where
    assert there.run(old.id).state == "running"
    assert here.run(run.id).state == "interrupted", "its worker is not there, and here that can be seen"
