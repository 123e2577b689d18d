"""Runs written for a tracker, whichever: when, in which order, and what is said where that cannot be."""

import os
import threading
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from core.errors import BadInput, Problem
from core.exporters import track as module
from core.exporters.measured import Feed
from core.exporters.spec import Extra
from core.exporters.track import track, zipped
from core.exporters.trackers import TRACKERS, TrackerSpec
from core.run_config import RunConfig
from core.runs.foreground import train_here
from tests.exporters.stored_points import same, stored_points
from tests.exporters.test_measured import tagged

ROOT = Path(__file__).parents[2]


class Told:
    """A tracker that keeps what it is told."""

    place, look = "there", "look there"

    def __init__(self, run, to):
        self.run, self.points, self.answers, self.closed, self.calls = run, [], [], None, 0

    def add(self, points, answers):
        self.points += points
        self.answers += answers
        self.calls += bool(points)

    def close(self, run):
        self.closed = run.state


@pytest.fixture
def tracker():
    """The spec, and the sessions that it has begun."""
    sessions = []

    def begin(run, to):
        sessions.append(Told(run, to))
        return sessions[-1]

    return TrackerSpec("told", "Told", "It keeps.", Extra("told", (), 1), begin), sessions


def unheard(feed, session):
    pass


def test_every_tracker_has_words_and_its_packages_stand_in_pyproject():
    optional = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert list(TRACKERS.entries) == ["tensorboard", "mlflow", "wandb"]
    for spec in TRACKERS.entries.values():
        assert spec.title and spec.help.endswith(".") and 0 < spec.extra.megabytes < 150
        assert {Requirement(one).name for one in optional[spec.extra.name]} == set(spec.extra.packages)


def test_what_is_missing_is_told_with_the_command(quiet, first, tmp_path):
    lacking = replace(TRACKERS["mlflow"], extra=Extra("more", ("json-skinny",), 95, imports=("no_such_package",)))
    words = "MLflow needs packages that are not installed, about 95 MB: pip install json-skinny"
    with pytest.raises(Problem, match=words):
        track([first], quiet, lacking, str(tmp_path / "there"), unheard)
    assert not (tmp_path / "there").exists()


def test_of_runs_with_a_beginning_in_common_only_the_first_has_it(quiet, first, fork, tracker):
    spec, sessions = tracker
    track([fork, first], quiet, spec, "there", unheard)
    got = {session.run.name: tagged(session.points) for session in sessions}
    assert same(got["first"], stored_points(quiet, first))
    assert same(got["fork"], stored_points(quiet, fork, since=40))


def test_a_run_without_numbers_is_refused_and_nothing_begun(quiet, first, tracker):
    spec, sessions = tracker
    empty = quiet.store.add(RunConfig(), "new")
    with pytest.raises(Problem, match="“new” has not measured anything yet"):
        track([first, empty], quiet, spec, "there", unheard)
    assert sessions == []


def test_it_follows_a_run_that_trains(lab, digits, tracker, monkeypatch):
    """Begun while the run waits for its first number; it ends with the run, and has all of it."""
    spec, sessions = tracker
    monkeypatch.setattr(module, "POLL_S", 0.02)
    config = RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 3})
    found = threading.Event()
    trains = threading.Thread(target=train_here, args=(config, lab, "followed", None, lambda event: found.set()))
    trains.start()
    assert found.wait(60)
    track([lab.find("followed")], lab, spec, "there", unheard, follow=True)
    trains.join(60)
    run = lab.find("followed")
    (session,) = sessions
    assert run.state == session.closed == "finished" and session.calls > 1
    assert same(tagged(session.points), stored_points(lab, run))
    assert [one.step for one in session.answers] == [row.step for row in lab.store.epochs(run.id)]


def test_a_run_that_is_deleted_meanwhile_ends_it_with_a_sentence(quiet, first, tracker, monkeypatch):
    spec, sessions = tracker
    quiet.store.move(first.id, "queued", only_from=["paused"])
    monkeypatch.setattr(module, "POLL_S", 0.0)
    with pytest.raises(BadInput, match=f"There is no run “{first.id}” any more"):
        track([first], quiet, spec, "there", lambda feed, session: quiet.store.remove(first.id), follow=True)
    assert sessions[0].closed == "queued"


def test_what_a_package_raises_is_a_sentence(quiet, first, tracker):
    def begin(run, to):
        raise RuntimeError("no such host\nsecond line")

    spec = replace(tracker[0], begin=begin)
    with pytest.raises(Problem, match=r"Told cannot be written to there \(no such host\)\. Choose another place"):
        track([first], quiet, spec, "there", unheard)


def test_a_folder_below_nothing_is_refused(quiet, first, tmp_path):
    pytest.importorskip("tensorboard")
    with pytest.raises(BadInput, match=r"there cannot be a folder .*/no/such \(no such file or directory\)"):
        track([first], quiet, TRACKERS["tensorboard"], str(tmp_path / "no" / "such"), unheard)


def test_a_zip_has_the_folder_of_the_run(quiet, first, tracker):
    import io
    import zipfile

    def begin(run, to):
        os.mkdir(f"{to}/first")
        Path(to, "first", "events").write_text("all")
        return Told(run, to)

    content = zipped(first, quiet, replace(tracker[0], begin=begin))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("first/events") == b"all"


def test_feeds_are_heard_of_as_soon_as_their_numbers_are_there(quiet, first, tracker):
    heard: list[Feed] = []
    track([first], quiet, tracker[0], "there", lambda feed, session: heard.append((feed.run.name, len(session.points))))
    assert heard == [("first", len(Feed(first, quiet).new()[0]))]
