"""Computers that take runs from one queue."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from core.errors import BadInput, Problem, Unwritable
from core.files.paths import Workspace
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs import obstacles, outcomes, presence
from core.runs.attended import MAX_ATTEMPTS, Attended
from core.runs.database import Unreachable
from core.runs.execute import execute
from core.runs.foreground import train_here
from core.runs.lab import Lab
from core.runs.obstacles import next_run, obstacle, waiting
from core.runs.presence import Presence
from core.runs.sql_store import SqlStore
from core.runs.store import Refusal, Run
from core.runs.worker import claim, free_slot
from tests.conftest import LONG
from tests.postgres import Server
from tests.runs import computers
from tests.runs.computers import Worker, assert_same
from tests.runs.conftest import sql, until

SETTINGS = {"model.channels": [8], "model.widths": [], "training.epochs": 4}


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.new_schema(f"s{uuid4().hex}")


@pytest.fixture
def computer(url: str, tmp_path: Path) -> Callable[[str], Lab]:
    """A computer of this name, where nothing is prepared."""
    return lambda name: computers.computer(tmp_path, name, url)


@pytest.fixture
def desk(url: str, tmp_path: Path, prepared_digits: Path) -> Lab:
    return computers.desk_of(tmp_path, url, prepared_digits)


def test_a_run_whose_data_are_not_there_waits_and_says_why(
    desk: Lab, computer: Callable[[str], Lab], tmp_path: Path
) -> None:
    here, there = computer("here"), computer("there")
    run = desk.submit(RunConfig(), "wants digits")
    pets = str(there.workspace.data / "pets")
    (there.workspace.data / "pets").mkdir(parents=True)
    other = desk.store.add(RunConfig().replace({"data.name": "folder", "data.path": pets}), "wants pets")
    desk.workspace.run(other.id).mkdir()
    for lab in (here, there):
        Presence(lab.store, lab.workspace, ["CPU"])
    first = next_run(here.store, here.workspace)
    assert first and first.id == run.id, "the digits come with this program"
    shutil.rmtree(there.workspace.data / "pets")
    assert desk.store.refused(there.workspace.place) == {}
    desk.cancel(run.id)
    assert next_run(here.store, here.workspace) is next_run(there.store, there.workspace) is None
    told = waiting(other, desk.store, desk.workspace)
    assert told.nobody and [name for name, _problem in told.reasons] == [
        lab.workspace.place for lab in (here, there, desk)
    ]
    assert {str(problem) for _name, problem in told.reasons} == {f"There is no {pets}, where its images are."}
    (there.workspace.data / "pets").mkdir(parents=True)
    taken = next_run(there.store, there.workspace)
    assert taken and taken.id == other.id and not waiting(other, desk.store, desk.workspace).nobody
    assert desk.waits_for(other).startswith("It waits for a computer that can take it. ")
    desk.store.forget_computer(there.workspace.place)
    shutil.rmtree(there.workspace.data / "pets")
    places = f"{here.workspace.place}, {desk.workspace.place}"
    assert desk.waits_for(other) == f"No computer that is there can take it. {places}: {told.reasons[0][1]}"


def test_what_keeps_a_computer_from_a_run(
    desk: Lab, computer: Callable[[str], Lab], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = computer("here")
    run = desk.submit(RunConfig(), "n")
    assert run.fingerprint and obstacle(run, here.workspace) is None
    begun = replace(run, progress=0.5, place="pc:/home")
    assert "What it goes on from is not in" in str(obstacle(begun, here.workspace))
    (here.workspace.run(run.id) / "last.2.pt").touch()
    assert obstacle(begun, here.workspace) is None
    assert "other images there" in str(obstacle(replace(run, fingerprint="x"), desk.workspace))
    version = replace(run, config=run.config.replace({"data.version": "mine"}))
    assert "The images of" in str(obstacle(version, here.workspace))
    monkeypatch.setenv("EPOCHLAB_ROOTS", "")
    closed = replace(run, config=run.config.replace({"data.name": "folder", "data.path": str(tmp_path)}))
    assert "lies in no folder that is open there" in str(obstacle(closed, here.workspace))
    own = replace(here.workspace, shared_runs=None)
    assert "another folder of runs is used" in str(obstacle(run, own)), "its files would be out of the reach of others"
    away = Lab(replace(here.workspace, shared_runs=here.workspace.home / "not-mounted"), here.store)
    assert "is not there. Mount it" in str(obstacle(run, away.workspace))
    slot = free_slot(away, ["cpu"])
    assert (
        slot and claim(away, run, slot) is None and "Mount it" in str(waiting(run, here.store, away.workspace).reasons)
    )
    with pytest.raises(Problem, match="is not there"):
        train_here(run.config, away, "n", None, lambda event: None)
    assert not away.workspace.runs.exists() and [one.id for one in here.store.all()] == [run.id]


def test_without_the_shared_folder_nothing_is_queued_and_no_folder_made(desk: Lab) -> None:
    away = desk.workspace.home / "not-mounted"
    lab = Lab(replace(desk.workspace, shared_runs=away), desk.store, computers.Nobody())
    with pytest.raises(BadInput, match=rf"{away}, is not there. Mount it"):
        lab.submit(RunConfig(), "n")
    assert not desk.runs() and not away.exists()


def test_an_open_app_takes_runs_and_who_only_looks_does_not(desk: Lab) -> None:
    class Counts(computers.Nobody):
        asked = 0

        def ensure_worker(self) -> None:
            self.asked += 1

    run = desk.submit(RunConfig(), "n")
    looks, app = Counts(), Counts()
    for executor in (looks, app):
        lab = Lab(desk.workspace, desk.store, executor, takes_runs=executor is app)
        assert lab.run(run.id) == lab.runs()[0]
    assert (looks.asked, app.asked) == (0, 2)
    alone = Workspace(desk.workspace.home / "alone", desk.workspace.data, desk.store.url)
    Presence(desk.store, alone)
    assert next_run(desk.store, alone) is None and run.id in (desk.store.refused(alone.place) or {})
    assert desk.waits_for(run) == "", "nobody waits for a computer that has no shared folder"


def test_who_shares_the_folder_and_not_the_database_removes_nothing_from_it(
    desk: Lab, computer: Callable[[str], Lab]
) -> None:
    here = computer("here")
    database = f"sqlite:///{here.workspace.home / 'epochlab.db'}"  # as without EPOCHLAB_DB
    alone = Lab(replace(here.workspace, database=database), SqlStore(database))
    begun = here.workspace.run("0123abcd")
    begun.mkdir()
    alone.deletion.tidy()
    assert begun.exists()
    here.deletion.tidy()
    assert not begun.exists(), "this store has no such run"


def test_data_that_could_not_be_prepared_are_tried_again_later(
    desk: Lab, computer: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = computer("here")
    run = desk.submit(RunConfig(), "n")
    Presence(here.store, here.workspace, ["CPU"])
    obstacles.refuse(run, here.store, here.workspace, obstacles.NotHere("The server of the images does not answer."))
    assert next_run(here.store, here.workspace) is None
    assert "does not answer" in str(waiting(run, desk.store, desk.workspace).reasons[0][1])
    monkeypatch.setattr(obstacles, "RETRY_AFTER_S", 0.0)
    again = next_run(here.store, here.workspace)
    assert again and again.id == run.id and here.store.refused(here.workspace.place) == {}


def test_a_computer_is_there_while_one_of_its_processes_is(url: str) -> None:
    store, other = SqlStore(url), SqlStore(url)
    first, second = store.hold_computer("pc:/home"), other.hold_computer("pc:/home")
    store.tell_computer("pc:/home", devices=["CPU"])
    store.tell_computer("pc:/home", refused={"0123abcd": Refusal({"text": "n"}, 1.0)})
    seen = store.computers()[0]
    assert (seen.name, seen.devices, seen.there) == ("pc", ["CPU"], True) and seen.since <= seen.heard
    assert seen.refused == {"0123abcd": Refusal({"text": "n"}, 1.0)}
    first.release()
    assert store.computers()[0].there
    second.release()
    assert store.computers()[0].there is False
    workspace = Workspace(Path("/home"), Path("/data"), url)
    store.tell_computer(workspace.place, refused={"0123abcd": Refusal({"text": "of yesterday"})})
    Presence(store, workspace, ["CPU"])
    again = next(one for one in store.computers() if one.place == workspace.place)
    assert again.there and not again.refused and again.since > seen.since


def test_runs_that_nobody_here_can_take_hide_none_behind_them(
    desk: Lab, computer: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obstacles, "LOOKED_AT", 2)
    here = computer("here")
    nowhere = RunConfig().replace({"data.name": "folder", "data.path": str(here.workspace.home / "gone")})
    waits = [desk.store.add(nowhere, "waits") for _ in range(3)]
    run = desk.submit(RunConfig(), "n")
    for _ in range(2):
        taken = next_run(here.store, here.workspace)
        assert taken and taken.id == run.id
        Presence(here.store, here.workspace, ["CPU"])
    assert (here.store.refused(here.workspace.place) or {}).keys() == {one.id for one in waits}


def test_a_computer_is_forgotten_when_the_last_of_its_processes_ends(
    desk: Lab, computer: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "FREED_WITHIN_S", 0.1)
    here = computer("here")
    here.store.tell_computer(here.workspace.place, devices=["CPU"])
    other = desk.store.hold_computer(here.workspace.place)  # of the app, or of another `worker`
    for seen in (["CPU"], None):
        stops = Attended(here, lambda words: None)
        stops.stop()
        stops.work()
        assert [one.devices for one in desk.store.computers()] == ([seen] if seen else [])
        other.release()


def test_a_computer_whose_last_worker_has_nothing_left_to_do_is_forgotten(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, workspace = (SqlStore(url), SqlStore(url)), Workspace(Path("/forgotten"), Path("/data"), url)
    first, second = (Presence(store, workspace) for store in stores)
    second.has(["CPU"])
    monkeypatch.setattr(presence, "FREED_WITHIN_S", 0.0)
    first.leave()
    monkeypatch.setattr(presence, "FREED_WITHIN_S", 20.0)
    (seen,) = stores[0].computers()
    assert seen.there and seen.devices == ["CPU"]
    second.leave()
    assert stores[0].computers() == []


def test_runs_whose_workers_have_died_go_back_to_the_queue(desk: Lab, computer: Callable[[str], Lab]) -> None:
    here, said = computer("here"), list[str]()
    runs = [desk.submit(RunConfig(), name) for name in ("died", "broke", "harmful", "away")]
    for run in runs:
        desk.store.move(run.id, "running", only_from=["queued"], place="pc:/elsewhere")
        died = outcomes.left_elsewhere("pc:/elsewhere", files_here=True)
        outcome = outcomes.out_of_memory(64) if run.name == "broke" else died
        desk.store.move(run.id, "interrupted", only_from=["running"], outcome=outcome.to_dict())
    sql(desk.store, "UPDATE runs SET attempt = :most WHERE name = 'harmful'", most=MAX_ATTEMPTS)
    away = Unreachable(place="postgresql://server/runs", reason="it is off", cure="")
    desk.store.change(runs[3].id, state="paused", outcome=away.to_dict())  # its worker wrote it in the end, or did not:
    assert outcomes.stopped(away).code == away.code != outcomes.stopped(Unwritable("The disk is full.")).code
    Attended(here, said.append).resume_died()
    states = [desk.store.get(run.id).state for run in runs]
    assert states == ["queued", "interrupted", "interrupted", "queued"]
    assert desk.store.get(runs[0].id).message == ""
    assert sorted(said) == sorted(f"“{run.name}” ({run.id}) waits in the queue again." for run in (runs[0], runs[3]))


@pytest.fixture
def worker() -> Iterator[Worker]:
    with computers.workers() as begin:
        yield begin


@LONG
def test_two_computers_take_two_runs_and_one_goes_on_with_what_the_other_puts_back(
    desk: Lab, computer: Callable[[str], Lab], worker: Worker
) -> None:
    here, there = computer("here"), computer("there")
    config = RunConfig().replace({**SETTINGS, "training.epochs": 40})
    undisturbed = train_here(config, desk, "undisturbed", None, lambda event: None)
    first, second = worker(here), worker(there)
    runs = [desk.submit(config.replace({"training.seed": seed}), f"seed {seed}") for seed in (0, 1)]

    def now(run: Run) -> Run:
        return desk.store.get(run.id)

    until(lambda: all(now(run).state == "running" and now(run).progress > 0.1 for run in runs))
    assert {now(run).place for run in runs} == {here.workspace.place, there.workspace.place}
    assert {one.place for one in desk.store.computers() if one.there} == {now(run).place for run in runs}
    place = now(runs[0]).place
    leaving = first if place == here.workspace.place else second
    os.kill(now(runs[0]).pid or 0, signal.SIGTERM)  # as systemd, which tells all processes of a service
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(60) == 0
    said = computers.said(here if place == here.workspace.place else there)
    assert "Told to stop: each run that trains here is saved and put back in the queue" in said
    assert "The process that trains ended as soon as" not in said
    assert f"“seed 0” ({runs[0].id}): queued." in said and said.endswith("Stopped.\n")
    until(lambda: all(now(run).state == "finished" for run in runs))
    other = there if place == here.workspace.place else here
    until(lambda: f"“seed 0” ({runs[0].id}): finished." in computers.said(other))
    assert "The process that trains ended as soon as" not in computers.said(other)
    assert now(runs[0]).place != place and now(runs[0]).attempt == 2
    assert [one.place for one in desk.store.computers()] == [now(runs[0]).place]
    assert_same(desk, now(runs[0]), undisturbed)


@LONG
def test_told_to_stop_twice_it_ends_at_once_and_the_run_goes_on_from_its_last_checkpoint(
    desk: Lab, computer: Callable[[str], Lab], worker: Worker
) -> None:
    here, there = computer("here"), computer("there")
    config = RunConfig().replace({**SETTINGS, "training.epochs": 40})
    undisturbed = train_here(config, desk, "undisturbed", None, lambda event: None)
    run, first = desk.submit(config, "twice"), worker(here)
    until(lambda: desk.store.get(run.id).progress > 0.2)
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    assert desk.store.get(run.id).state == "queued"
    second = worker(there)
    until(lambda: desk.store.get(run.id).progress > 0.5)
    second.kill()  # its worker sees it, and puts the run back
    until(lambda: desk.store.get(run.id).state == "queued")
    worker(here)
    until(lambda: desk.store.get(run.id).state == "finished")
    assert_same(desk, desk.store.get(run.id), undisturbed)


def test_the_folder_of_prepared_data_is_each_computers_own(desk: Lab, computer: Callable[[str], Lab]) -> None:
    here = computer("here")
    run = desk.submit(RunConfig().replace({**SETTINGS, "training.epochs": 1}), "n")
    here.store.move(run.id, "running", only_from=["queued"], place=here.workspace.place)
    done = execute(here.store.get(run.id), here)
    assert done.state == "finished", done.message
    mine, theirs = (Prepared(lab.workspace.cache / "digits").meta.fingerprint for lab in (here, desk))
    assert mine == theirs == done.fingerprint
    again = desk.submit(run.config, "again")
    Presence(here.store, here.workspace, ["CPU"])
    here.store.change(again.id, fingerprint="of other images")
    here.store.move(again.id, "running", only_from=["queued"], place=here.workspace.place)
    back = execute(here.store.get(again.id), here)
    assert (back.state, back.queued, back.outcome) == ("queued", again.queued, None)
    assert "other images there" in str(waiting(again, desk.store, desk.workspace).reasons[0][1])
