"""Pictures of a person's own: kept for the runs of one data set, answered after every epoch, and removed."""

import numpy as np
import pytest
import torch

from core.datasets.source import DataSource
from core.errors import BadInput
from core.loading.pixels import from_images
from core.runs import watched_images
from core.runs.execute import execute
from core.runs.probe_images import read
from core.runs.trained import load_model, trained_checkpoint
from tests.runs.conftest import go_on

DIGITS = DataSource("digits")


def picture(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (8, 8, 1), np.uint8)


def test_one_is_kept_once_as_it_is_and_no_more_than_nine(workspace):
    path = watched_images.keep(picture(0), DIGITS, workspace)
    assert watched_images.keep(picture(0), DIGITS, workspace) == path
    assert (watched_images.read([path])[path.name] == picture(0)).all()
    assert watched_images.kept(DataSource("mnist"), workspace) == [], "it is of one data set"
    for number in range(1, 9):
        watched_images.keep(picture(number), DIGITS, workspace)
    with pytest.raises(BadInput, match="Remove one"):
        watched_images.keep(picture(9), DIGITS, workspace)
    watched_images.remove(path, workspace)
    assert path not in watched_images.kept(DIGITS, workspace) and not path.exists()
    elsewhere = workspace.home / "mine.png"
    elsewhere.write_bytes(b"")
    watched_images.remove(elsewhere, workspace)
    assert elsewhere.exists(), "nothing but what is watched is removed"


def test_a_photograph_is_made_smaller_and_keeps_its_colours(workspace):
    path = watched_images.keep(np.full((600, 1200, 3), (200, 100, 0), np.uint8), DIGITS, workspace)
    (image,) = watched_images.read([path]).values()
    assert image.shape == (256, 512, 3) and image[0, 0].tolist() == [200, 100, 0]


def test_a_run_answers_them_as_its_model_does_and_trains_to_the_same_bits(lab, digits, small):
    before = execute(lab.store.add(small, state="running"), lab)
    path = watched_images.keep(picture(0), DIGITS, lab.workspace)
    run = execute(lab.store.add(small, state="running"), lab)
    watched_images.remove(path, lab.workspace)
    answers = read(lab.files.probe_images(run.id))
    assert [list(one.own) for one in answers] == 4 * [[path.name]]
    assert [file.name for file in lab.files.watched_images(run.id)] == [path.name], "the run keeps its own"
    trained = load_model(trained_checkpoint(run, lab.workspace, "last"))
    with torch.inference_mode():
        (shares,) = trained.model.eval()(from_images([picture(0)], trained.spec, torch.device("cpu"))).softmax(1)
    assert answers[-1].own[path.name][0] == (int(shares.argmax()), pytest.approx(float(shares.max()), abs=1e-3))
    other = load_model(trained_checkpoint(before, lab.workspace, "last")).model.state_dict()
    assert all((tensor == other[name]).all() for name, tensor in trained.model.state_dict().items())
    assert not any(one.own for one in read(lab.files.probe_images(before.id)))


def test_a_resumed_run_answers_those_that_it_began_with(lab, digits, small):
    path = watched_images.keep(picture(0), DIGITS, lab.workspace)
    run = lab.store.add(small, state="running")
    lab.store.change(run.id, requested_action="pause")
    execute(run, lab)
    watched_images.remove(path, lab.workspace)
    watched_images.keep(picture(1), DIGITS, lab.workspace)
    go_on(lab, run)
    assert {tuple(one.own) for one in read(lab.files.probe_images(run.id))} == {(path.name,)}
