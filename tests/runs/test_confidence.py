"""How sure a run's answers are given, kept for the weights that it was found for."""

import os

import numpy as np
import pytest

from core.inference.predictor import load
from core.runs.confidence import PLAIN, confidence_file, keep_confidence, kept_confidence


@pytest.fixture
def checkpoint(trained, lab):
    return lab.files.checkpoint(trained.id)


def test_as_trained_unless_somebody_says_otherwise(checkpoint):
    assert kept_confidence(checkpoint) == PLAIN
    keep_confidence(checkpoint, temperature=2.0)
    keep_confidence(checkpoint, threshold=0.5)
    found = kept_confidence(checkpoint)
    assert (found.temperature, found.threshold) == (2.0, 0.5)
    assert kept_confidence(checkpoint.with_name("best.pt")) == PLAIN


def test_other_weights_have_none_of_it(checkpoint):
    keep_confidence(checkpoint, temperature=2.0)
    os.utime(checkpoint, (1, 1))
    assert kept_confidence(checkpoint) == PLAIN


@pytest.mark.parametrize("content", ["{", '{"temperature": 0, "version": ""}', '{"temperature": "2"}'])
def test_what_cannot_be_read_is_as_trained(checkpoint, content):
    confidence_file(checkpoint).write_text(content)
    assert kept_confidence(checkpoint) == PLAIN


def test_a_predictor_divides_the_logits_by_the_temperature(trained, lab, digits, checkpoint):
    images = [digits.image(index) for index in range(20)]
    before = load(trained, lab.workspace).predict(images)
    keep_confidence(checkpoint, temperature=3.0)
    after = load(trained, lab.workspace).predict(images)
    softer = before.astype(float) ** (1 / 3)
    assert np.allclose(after, softer / softer.sum(1, keepdims=True), atol=1e-5)
    assert np.array_equal(after.argmax(1), before.argmax(1)) and (after.max(1) < before.max(1)).all()
