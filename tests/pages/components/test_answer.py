"""An answer in words and in order."""

from dataclasses import replace

import numpy as np

from core.formatting import percent
from core.runs.confidence import Confidence
from pages.predict.answer import BY_CLASS, LIKELIEST, Answer, top_classes


def an_answer(probabilities: list[float]) -> Answer:
    classes = [f"class {number}" for number in range(len(probabilities))]
    return Answer("a net", "#000000", classes, probabilities, np.zeros((8, 8, 1), np.uint8))


def test_the_likeliest_class_is_named_with_its_share() -> None:
    assert an_answer([0.1, 0.8821, 0.0179]).words == f"class 1 — {percent(0.8821, 1)}"


def test_bars_are_the_likeliest_by_share_or_by_class() -> None:
    many = an_answer([0.0, 0.3, 0.1, 0.6])
    assert top_classes(many, LIKELIEST, most=3) == (["class 3", "class 1", "class 2"], [0.6, 0.3, 0.1])
    assert top_classes(many, BY_CLASS, most=3) == (["class 1", "class 2", "class 3"], [0.3, 0.1, 0.6])


def test_below_the_threshold_the_answer_is_none_of_these() -> None:
    unsure = replace(an_answer([0.1, 0.6, 0.3]), confidence=Confidence(threshold=0.7, temperature=2.0))
    assert unsure.words == "None of these" and len(unsure.notes) == 2
    assert "class 1" in replace(unsure, confidence=Confidence(threshold=0.6)).words
    assert an_answer([1.0]).notes == []
