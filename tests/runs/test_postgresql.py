"""What a server can do that a file cannot: stop, start again, refuse a user, and be opened from everywhere at once."""

import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from core.errors import BadInput, Problem, Unwritable
from core.files.paths import Workspace
from core.run_config import RunConfig
from core.runs import database, hold, liveness
from core.runs.attempt import Attempt
from core.runs.database import migrations, postgresql, without_password
from core.runs.execute import execute
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import PATIENCE_S, Run
from core.runs.trained import trained_checkpoint
from core.training.events import EpochMetrics
from tests.postgres import Server, require_postgres
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
    for _ in range(3):
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
    for text in ("a\0b", "x" * 10**5):
        with pytest.raises(BadInput, match="There is no run"):
            store.get(text)


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


def test_a_server_that_starts_anew_is_waited_for(own_server: Server, tmp_path: Path) -> None:
    store, hasty = SqlStore(own_server.url()), SqlStore(own_server.url())
    store.patience = PATIENCE_S
    run = store.add(RunConfig())
    own_server.stop("immediate")  # as in a crash
    began = time.monotonic()
    with pytest.raises(Unwritable, match="Check that the server of EPOCHLAB_DB is running and can be reached"):
        hasty.all()
    assert time.monotonic() - began < 5
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
    "postgresql://somebody:sec:ret@secret/1@127.0.0.1:1/runs",
])  # fmt: skip
def test_a_password_is_shown_nowhere(url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises((BadInput, Unwritable)) as refused:
        SqlStore(url)
    told = str(refused.value)
    assert not any(part in told for part in ("secret", "sec%2Fret", "sec/ret", "et@", "se:cr", "psycopg"))
    assert without_password(url).count("***") == 1 and "ret" not in without_password(url)


def test_a_wrong_password_or_name_is_told_from_a_server_that_does_not_answer(postgres: Server) -> None:
    unknown, closed = postgres.url().replace("postgres@", "nobody@"), "postgresql://somebody@127.0.0.1:1/runs"
    for url, cure in ((unknown, "the password"), (closed, "is running and can be reached")):
        with pytest.raises(Unwritable, match=cure):
            SqlStore(url)


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
