import os

import pytest

from core.errors import BadInput, Problem
from core.run_config import RunConfig
from core.runs import outcomes
from tests.runs.conftest import sql


@pytest.fixture
def still(lab, monkeypatch):
    """A lab in which no worker ever wakes."""
    monkeypatch.setattr(lab.executor, "start_worker", lambda idle=0.0: None)
    return lab


def test_a_running_run_without_a_worker_is_interrupted(still, digits):
    run = still.submit(RunConfig())
    still.store.move(run.id, "running", only_from=["queued"], pid=1, place=still.workspace.place)
    seen = still.run(run.id)
    assert seen.state == "interrupted" and "Resume" in seen.message and seen.resumable
    assert still.runs()[0].state == "interrupted"


def test_a_run_that_was_to_stop_when_its_worker_died_has_stopped(still, digits):
    for action, state in (("pause", "paused"), ("cancel", "cancelled")):
        run = still.submit(RunConfig())
        still.store.move(run.id, "running", only_from=["queued"], pid=1, place=still.workspace.place)
        assert still.store.ask(run.id, action)
        assert still.run(run.id).state == state
        assert not still.store.ask(run.id, action), "it is not running any more"


def test_a_run_that_is_put_back_in_the_moment_in_which_it_is_paused_is_paused(still, digits, monkeypatch):
    run, ask = still.store.add(RunConfig(), "n", state="running"), still.store.ask
    monkeypatch.setattr(still.executor, "is_alive", lambda run_id: True)

    def late(run_id, action):
        still.store.move(run_id, "queued", only_from=["running"])
        return ask(run_id, action)

    monkeypatch.setattr(still.store, "ask", late)
    still.pause(run.id)
    assert still.store.get(run.id).state == "paused"


def test_a_run_whose_images_were_cut_short_says_so(still, digits):
    run = still.submit(RunConfig())
    still.store.move(run.id, "running", only_from=["queued"], pid=1, place=still.workspace.place)
    os.truncate(digits.folder / "images.npy", 1000)  # a process that maps them is ended by the system
    assert "images of “Digits (8 × 8)” are gone or damaged; prepare them again. Resume" in still.run(run.id).message


def test_a_run_that_died_before_its_images_were_prepared_has_not_lost_them(still):
    run = still.submit(RunConfig())
    still.store.move(run.id, "running", only_from=["queued"], pid=1, place=still.workspace.place)
    assert still.run(run.id).code == outcomes.DIED


def test_waiting_runs_are_paused_resumed_and_cancelled_without_a_worker(still, digits):
    run = still.submit(RunConfig())
    still.pause(run.id)
    assert still.run(run.id).state == "paused"
    assert still.resume(run.id).state == "queued"
    still.cancel(run.id)
    assert still.run(run.id).state == "cancelled"
    still.resume(run.id)
    still.pause(run.id)
    still.cancel(run.id)
    assert still.run(run.id).state == "cancelled"


def test_what_cannot_be_resumed_says_why(still, digits):
    run = still.submit(RunConfig())
    with pytest.raises(Problem, match="is queued; only a run that is paused, interrupted"):
        still.resume(run.id)


def test_what_cannot_be_read_is_not_resumed(still, digits, workspace):
    run = still.submit(RunConfig())
    sql(still.store, "UPDATE runs SET config = '{{{', state = 'paused'")
    still.store.reader.configs.clear()
    with pytest.raises(Problem, match="settings of this run cannot be read"):
        still.resume(run.id)


def test_rename_tags_and_notes(still, digits):
    run = still.submit(RunConfig())
    still.rename(run.id, "  better  ")
    still.annotate(run.id, tags=["a", " b ", "a", ""], notes="seen")
    changed = still.run(run.id)
    assert (changed.name, changed.tags, changed.notes) == ("better", ["a", "b"], "seen")
    still.annotate(run.id, notes="again")
    assert still.run(run.id).tags == ["a", "b"]
    for nothing in (" ", "\u200b"):
        with pytest.raises(BadInput, match="needs a name"):
            still.rename(run.id, nothing)


def test_a_log_that_is_not_there_is_empty(still, digits):
    assert still.files.log(still.submit(RunConfig()).id) == ""
