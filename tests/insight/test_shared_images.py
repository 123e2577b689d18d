"""Answers of runs on different versions of one data set, on the images that all versions have."""

import numpy as np
import pytest

from core.datasets.source import DataSource
from core.insight.difference import paired
from core.insight.image_answers import ImageAnswers
from core.insight.shared_images import shared_images, versions_differ
from core.prepared.draft import Draft
from core.prepared.prepare import prepare, require


@pytest.fixture
def mended(workspace, digits):
    """The digits with one test image left out, one relabelled, one moved away, and one added."""
    draft = Draft(DataSource("digits"), digits, workspace)
    test = digits.indices("test")
    draft.exclude([test[0]])
    draft.relabel([test[1]], "a new one")
    draft.move([test[2]], "train")
    draft.add([np.zeros((8, 8, 1), np.uint8)], "3", "test")
    source = draft.save("v2").source
    list(prepare(source, workspace))
    return require(source, workspace)


def answers(prepared, wrong=()):
    """Right but for some images, by their places in the test part."""
    indices = prepared.indices("test")
    labels = np.array(prepared.labels)[indices]
    predicted = labels.copy()
    predicted[list(wrong)] = (labels[list(wrong)] + 1) % 10
    return ImageAnswers(indices, labels, predicted, prepared.meta.fingerprint)


@pytest.mark.parametrize("truth", ["before", "after"])
def test_the_same_images_under_the_same_labels(digits, mended, truth):
    sets = {"before": digits, "after": mended}
    found = {"before": answers(digits, wrong=[10]), "after": answers(mended, wrong=[8, 9])}
    assert versions_differ(sets)
    shared = shared_images(found, sets, truth)
    before, after = shared.answers["before"], shared.answers["after"]
    assert before.images == after.images and shared.count == 358 and shared.relabelled == 1
    assert shared.left_out == {"before": 2, "after": 1}
    assert np.array_equal(before.labels, np.array(sets[truth].labels)[before.indices])
    pair = paired(before.right, after.right)
    # One image apart: that with another label, which each run answered as its own version has it. The images 10 of the
    # one test part and 8 of the other are the same one, as two before it are gone.
    assert (pair.neither, pair.both) == (1, 355)
    assert (pair.only_first, pair.only_second) == ((2, 0) if truth == "before" else (1, 1))
    assert "358" in shared.words and "1 of them" in shared.words


def test_other_data_have_no_images_in_common(digits, mended, workspace):
    assert not versions_differ({"one": digits, "other": digits})
    draft = Draft(DataSource("digits"), digits, workspace)
    draft.exclude([3])
    list(prepare(draft.save("v3").source, workspace))
    third = require(DataSource("digits", version="v3"), workspace)
    assert versions_differ({"one": mended, "other": third})
