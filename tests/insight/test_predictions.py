"""Every score of every image, kept with the run."""

import errno
import os

import numpy as np
import pytest

from core.errors import Problem, Unwritable
from core.inference.predictor import load
from core.insight import predictions as kept_predictions
from core.insight import row_file
from core.insight.evaluation import evaluate, image_predictions
from core.insight.image_answers import ImageAnswers
from core.insight.predictions import Writer, find, probabilities


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "last.pt"


def answered(count, classes=3, fingerprint="abc"):
    labels = np.arange(count, dtype=np.int64) % classes
    return ImageAnswers(np.arange(count, dtype=np.int64) * 2, labels, np.zeros(count, np.int64), fingerprint)


def write(checkpoint, count=5, version="1-2-3", part="test", classes=3):
    logits = np.random.default_rng(0).normal(size=(count, classes)).astype(np.float32)
    with Writer(checkpoint, part, version, answered(count, classes), classes) as writer:
        writer.add(logits[:2])
        writer.add(logits[2:])
    return logits


def test_what_is_kept_is_what_was_answered(trained, lab, digits):
    kept = image_predictions(trained, "test", lab.workspace)
    assert np.array_equal(kept.labels, np.asarray(digits.labels)[kept.indices]) and len(kept) == 360
    said = load(trained, lab.workspace).predict([digits.image(int(index)) for index in kept.indices])
    assert np.allclose(probabilities(kept.rows["logits"]), said, atol=1e-6)
    assert int(kept.answers.right.sum()) == evaluate(trained, "test", lab.workspace).correct


def test_one_measurement_keeps_both(trained, lab, monkeypatch):
    from core.insight import evaluation

    result = evaluate(trained, "val", lab.workspace)
    monkeypatch.setattr(evaluation, "measure", lambda *_: pytest.fail("measured again"))
    assert len(image_predictions(trained, "val", lab.workspace)) == result.total


def test_they_are_of_one_version_of_one_checkpoint_and_part(checkpoint):
    logits = write(checkpoint)
    found = find(checkpoint, "test", "1-2-3")
    assert np.array_equal(found.rows["logits"], logits) and found.fingerprint == "abc" and found.classes == 3
    assert found.indices.tolist() == [0, 2, 4, 6, 8] and found.labels.tolist() == [0, 1, 2, 0, 1]
    assert find(checkpoint, "test", "1-2-4") is find(checkpoint, "val", "1-2-3") is find(checkpoint, "test", "") is None
    assert find(checkpoint.with_name("best.pt"), "test", "1-2-3") is None


def test_a_new_version_replaces_the_old_one_and_leaves_other_parts(checkpoint):
    write(checkpoint), write(checkpoint, part="val"), write(checkpoint, version="4-5-6")
    names = sorted(path.name for path in (checkpoint.parent / "answers").iterdir())
    assert names == ["last.test.4-5-6.abc.npy", "last.val.1-2-3.abc.npy"]


def test_work_that_is_broken_off_leaves_what_was_there(checkpoint):
    logits = write(checkpoint)
    with pytest.raises(KeyboardInterrupt), Writer(checkpoint, "test", "1-2-3", answered(5), 3) as writer:
        writer.add(logits[:1])
        raise KeyboardInterrupt
    assert np.array_equal(find(checkpoint, "test", "1-2-3").rows["logits"], logits)
    assert len(list((checkpoint.parent / "answers").iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY no array", None], ids=["empty", "damaged", "cut"])
def test_what_is_not_whole_is_not_there(checkpoint, content):
    write(checkpoint)
    (file,) = (checkpoint.parent / "answers").iterdir()
    file.write_bytes(file.read_bytes()[:-8] if content is None else content)
    assert find(checkpoint, "test", "1-2-3") is None


def test_a_full_disk_is_a_sentence(checkpoint, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(row_file.os, "fsync", full)
    with pytest.raises(Unwritable, match="no space left on device"):
        write(checkpoint)
    assert list((checkpoint.parent / "answers").iterdir()) == []


def test_many_images_are_read_a_few_at_a_time(checkpoint, monkeypatch):
    logits = write(checkpoint, count=50)
    monkeypatch.setattr(kept_predictions, "CHUNK_VALUES", 21)
    pieces = list(find(checkpoint, "test", "1-2-3").chunks())
    assert [len(piece) for _, piece in pieces] == [7] * 7 + [1]
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), logits)
    assert np.array_equal(find(checkpoint, "test", "1-2-3").answers.predicted, logits.argmax(1))


def test_a_run_that_is_deleted_meanwhile_is_told(trained, lab, monkeypatch):
    from core.insight import evaluation

    monkeypatch.setattr(evaluation, "measure", lambda *_, **__: None)
    with pytest.raises(Problem, match="was deleted while it was measured"):
        image_predictions(trained, "test", lab.workspace)
