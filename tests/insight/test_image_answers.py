"""What a run answered to each image, kept beside its checkpoint."""

import os
import shutil

import numpy as np
import pytest

from core.errors import BadInput
from core.files.atomic import file_identity
from core.insight import evaluation
from core.insight.evaluation import evaluate, image_answers
from core.insight.image_answers import read_answers


def test_the_answers_are_those_behind_the_evaluation(trained, lab, digits):
    found = image_answers(trained, "test", lab.workspace)
    result = evaluate(trained, "test", lab.workspace)
    assert found.right.sum() == result.correct and len(found.right) == result.total == 360
    assert found.confusion(10).tolist() == [list(row) for row in result.confusion]
    assert np.array_equal(found.labels, np.asarray(digits.labels)[found.indices])
    assert set(found.indices) == set(digits.indices("test")) and found.fingerprint == digits.meta.fingerprint


def test_they_are_kept_until_the_weights_change(trained, lab, monkeypatch):
    evaluate(trained, "val", lab.workspace)
    monkeypatch.setattr(evaluation, "measure", lambda *_: pytest.fail("measured again"))
    assert len(image_answers(trained, "val", lab.workspace).indices) == evaluate(trained, "val", lab.workspace).total
    os.utime(lab.workspace.run(trained.id) / "last.pt", (1, 1))
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        image_answers(trained, "val", lab.workspace)


@pytest.mark.parametrize("damage", [b"", b"no array", None], ids=["empty", "damaged", "gone"])
def test_what_cannot_be_read_is_measured_anew(trained, lab, damage):
    first = image_answers(trained, "test", lab.workspace)
    (file,) = (lab.workspace.run(trained.id) / "answers").glob("last.test.*.npy")
    file.unlink() if damage is None else file.write_bytes(damage)
    again = image_answers(trained, "test", lab.workspace)
    assert np.array_equal(again.predicted, first.predicted) and file.stat().st_size > 100


def test_what_an_earlier_version_kept_is_read_where_the_images_are_gone(trained, lab, digits):
    """It kept the likeliest classes alone, in an archive beside the checkpoint."""
    first = image_answers(trained, "test", lab.workspace)
    folder = lab.workspace.run(trained.id)
    kept = {name: getattr(first, name) for name in ("indices", "labels", "predicted", "fingerprint")}
    np.savez_compressed(folder / "answers-last-test.npz", **kept, version=file_identity(folder / "last.pt"))
    shutil.rmtree(folder / "answers")
    shutil.rmtree(digits.folder)
    again = image_answers(trained, "test", lab.workspace)
    assert np.array_equal(again.predicted, first.predicted) and again.images == first.images
    assert read_answers(folder / "answers-last-test.npz", "of other weights") is None


def test_a_run_that_is_deleted_meanwhile_gets_no_folder_again(trained, lab, monkeypatch):
    measure = evaluation.measure

    def deleting(*arguments):
        found = measure(*arguments)
        shutil.rmtree(lab.workspace.run(trained.id))
        return found

    monkeypatch.setattr(evaluation, "measure", deleting)
    assert len(image_answers(trained, "test", lab.workspace).indices) == 360
    assert not lab.workspace.run(trained.id).exists()


def test_an_unknown_split_is_refused_with_the_choices(trained, lab):
    with pytest.raises(BadInput, match="have: train, val, test"):
        image_answers(trained, "tset", lab.workspace)
