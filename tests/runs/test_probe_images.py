"""Nine images are answered after every epoch, the answers are the model's own, and a resumed run has no line twice."""

import json

import numpy as np
import pytest
import torch

from core.runs import probe_images
from core.runs.execute import execute
from core.runs.probe_images import chosen, read
from core.runs.trained import load_model, trained_checkpoint
from tests.runs.conftest import go_on


def test_they_are_of_as_many_classes_as_there_are() -> None:
    labels = np.array([2, 2, 2, 0, 1, 0, 1, 1, 1, 1, 0, 0])
    part = np.arange(2, 12)  # of class 2 one image
    found = chosen(labels, part)
    assert len(found) == 9 and len(set(found)) == 9 and list(labels[found[:3]]) == [0, 1, 2]
    assert list(chosen(np.arange(50), np.arange(50))) == list(range(9))
    assert list(chosen(labels, part[:2])) == [3, 2], "no more than there are"
    assert len(chosen(labels, part[:0])) == 0


def test_every_epoch_has_its_answers_and_the_last_are_those_of_the_weights(lab, digits, small):
    run = execute(lab.store.add(small, state="running"), lab)
    answers = read(lab.files.probe_images(run.id))
    assert [one.epoch for one in answers] == [0, 1, 2, 3]
    assert all(one.images == answers[0].images and len(one.answers) == 9 for one in answers)
    trained = load_model(trained_checkpoint(run, lab.workspace, "last"))
    images = [digits.image(image) for image in answers[-1].images]
    from core.loading.pixels import from_images

    with torch.inference_mode():
        likely = trained.model.eval()(from_images(images, trained.spec, torch.device("cpu"))).softmax(1)
    for pairs, shares in zip(answers[-1].answers, likely, strict=True):
        assert pairs[0][0] == int(shares.argmax()) and pairs[0][1] == pytest.approx(float(shares.max()), abs=1e-3)
    assert answers[0].answers != answers[-1].answers


def test_a_resumed_run_has_every_epoch_once_and_the_same_answers(lab, digits, small):
    whole = execute(lab.store.add(small, state="running"), lab)
    run = lab.store.add(small, state="running")
    lab.store.change(run.id, requested_action="pause")
    execute(run, lab)
    path = lab.files.probe_images(run.id)
    path.write_text(path.read_text() + json.dumps({"epoch": 3, "images": [1], "answers": [[[0, 1.0]]]}) + "\nhalf a li")
    go_on(lab, run)
    assert read(path) == read(lab.files.probe_images(whole.id))


def test_what_cannot_be_read_is_left_out(tmp_path):
    path = tmp_path / probe_images.FILE
    assert list(read(path)) == []
    good = '{"epoch": 1, "images": [4], "answers": [[[7, 0.5]]]}'
    path.write_text(f'{good}\n{{"epoch": 2}}\n[1]\nnull\n{{"epoch": "x", "images": [], "answers": []}}\n\x00\n')
    (one,) = read(path)
    assert (one.epoch, one.images, one.answers) == (1, [4], [[(7, 0.5)]])


def test_a_folder_that_takes_no_file_stops_no_run(lab, digits, small):
    run = lab.store.add(small, state="running")
    lab.files.probe_images(run.id).mkdir(parents=True)  # something has taken its place
    assert execute(run, lab).state == "finished"
