"""What a run has measured: every point of the store, once, in its place."""

import math

import numpy as np
from PIL import Image

from core.exporters.measured import Feed, Point, plain_settings
from core.run_config import RunConfig
from tests.exporters.conftest import report
from tests.exporters.stored_points import Points, same, stored_points


def tagged(points: list[Point]) -> Points:
    found: Points = {}
    for one in points:
        found.setdefault(one.tag, []).append((one.step, one.value))
    return found


def test_a_trained_run_has_all_its_points_and_answers(lab, trained):
    points, answers = Feed(trained, lab).new()
    assert same(tagged(points), stored_points(lab, trained))
    assert {"loss/train", "loss/val", "accuracy/train", "accuracy/val", "lr", "accuracy/test"} <= tagged(points).keys()
    epochs = lab.store.epochs(trained.id)
    assert [one.step for one in answers] == [row.step for row in epochs]
    last = answers[-1].images
    assert len(last) == 9 and all(one.image.shape == (8, 8, 1) and one.truth for one in last)
    assert sum(one.answer == one.truth for one in last) > sum(one.answer == one.truth for one in answers[0].images)


def test_times_are_those_of_the_measuring(lab, trained):
    """Seconds worked after its start; the whole lies between the start and the end of the run."""
    points, _answers = Feed(trained, lab).new()
    lasted = {row.step: row.seconds for row in lab.store.epochs(trained.id)}
    for point in points:
        if point.tag == "loss/val":
            assert math.isclose(point.time, trained.started + lasted[point.step], abs_tol=1e-5)
        assert trained.started <= point.time <= trained.finished


def test_what_is_new_comes_once(quiet):
    run = quiet.store.add(RunConfig(), state="running")
    feed, got = Feed(run, quiet), []
    assert feed.new() == ([], [])
    for epoch in range(4):
        report(quiet, run, epoch)
        got += feed.new()[0]
        assert feed.new() == ([], [])
    assert same(tagged(got), stored_points(quiet, run))


def test_a_resumed_run_has_each_step_once(quiet, first):
    """A worker that died: rows after its last checkpoint are dropped, and computed again."""
    feed = Feed(first, quiet)
    points = feed.new()[0]
    quiet.store.rewind(first.id, 40)
    points += feed.new()[0]
    report(quiet, first, 3)
    report(quiet, first, 4)
    points += feed.new()[0]
    assert same(tagged(points), stored_points(quiet, first))


def test_a_fork_has_all_of_it_or_what_is_its_own(quiet, first, fork):
    whole = Feed(fork, quiet).new()[0]
    assert same(tagged(whole), stored_points(quiet, fork)) and whole[0].step == 0
    own = Feed(fork, quiet, since=2).new()[0]
    assert same(tagged(own), stored_points(quiet, fork, since=40))
    assert {one.step for one in own} == {40, 50, 60}, "it begins where the other one is left"
    times = {one.step: one.time for one in whole}
    assert times[40] == 5000 and times[50] == 5001 and times[20] == 4998


def test_a_value_that_is_none_is_no_point_and_nan_stays(quiet):
    run = quiet.store.add(RunConfig(), state="failed")
    for epoch, loss in enumerate((0.5, None, math.nan)):
        report(quiet, run, epoch, loss)
    got = tagged(Feed(run, quiet).new()[0])
    assert [step for step, _loss in got["loss/train"]] == [30, 40] and math.isnan(got["loss/val"][-1][1])
    assert len(got["accuracy/train"]) == 4


def test_scores_of_the_test_images_are_called_so(quiet):
    """Without a validation part it was measured on them after every epoch: no second point at the end."""
    run = quiet.store.add(RunConfig().replace({"data.validation": 0.0}), state="running")
    for epoch in range(3):
        report(quiet, run, epoch)
    summary = {"test_accuracy": 0.9, "test_loss": 0.5, "test_correct": 9}
    quiet.store.move(run.id, "finished", only_from=["running"], summary=summary)
    got = tagged(Feed(quiet.run(run.id), quiet).new()[0])
    assert "accuracy/val" not in got and [step for step, _value in got["accuracy/test"]] == [0, 20, 40]


def test_a_picture_of_ones_own_is_among_the_answers(lab, trained):
    folder = lab.workspace.run(trained.id)
    (folder / "watched").mkdir(exist_ok=True)
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(folder / "watched" / "mine.png")
    file = lab.files.probe_images(trained.id)
    lines = file.read_text().splitlines()
    file.write_text("\n".join(line[:-1] + ', "own": {"mine.png": [[3, 0.8]]}}' for line in lines))
    last = Feed(trained, lab).new()[1][-1].images
    assert len(last) == 10 and last[-1].answer == "3" and last[-1].truth == "" and last[-1].image.max() == 9


def test_without_its_images_the_numbers_remain(lab, trained):
    (lab.workspace.cache / "digits").rename(lab.workspace.cache / "gone")
    feed = Feed(trained, lab)
    points, answers = feed.new()
    assert feed.prepared is None and answers == [] and same(tagged(points), stored_points(lab, trained))


def test_settings_are_plain(first):
    settings = plain_settings(first)
    assert settings["run"] == first.id and settings["optimizer.lr"] == 0.001 and settings["model.batch_norm"] is True
    assert settings["model.channels"] == "[32, 64]" and settings["data.path"] == "None"
