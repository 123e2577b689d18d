"""Class by class, as scikit-learn has it."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from core.insight.class_figures import class_figures, confused_pairs, shares

CLASSES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def answers():
    random = np.random.default_rng(1)
    return random.integers(0, 4, 200), random.integers(0, 4, 200)


def test_they_are_those_of_scikit_learn(answers):
    figures = class_figures(confusion_matrix(*answers), CLASSES)
    precision, recall, f1, count = precision_recall_fscore_support(*answers)
    assert [one.name for one in figures] == list(CLASSES)
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1), ("count", count)):
        assert [getattr(one, name) for one in figures] == pytest.approx(expected.tolist(), abs=1e-12), name


def test_what_cannot_be_measured_is_no_number():
    never_there, never_named = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 0]]), 2
    figures = class_figures(never_there, CLASSES[:3])
    assert (figures[1].recall, figures[1].f1, figures[1].precision, figures[1].count) == (None, None, 0.0, 0)
    assert (figures[never_named].precision, figures[never_named].recall, figures[never_named].f1) == (None, 0.0, 0.0)


def test_shares_of_rows_and_columns_are_those_of_scikit_learn(answers):
    counts = confusion_matrix(*answers)
    assert np.allclose(shares(counts, "row"), confusion_matrix(*answers, normalize="true"), atol=1e-12)
    assert np.allclose(shares(counts, "column"), confusion_matrix(*answers, normalize="pred"), atol=1e-12)
    empty = shares(np.array([[2, 0], [0, 0]]), "row")
    assert empty[0].tolist() == [1, 0] and np.isnan(empty[1]).all()


def test_the_most_confused_pairs_come_first_and_right_answers_are_none():
    pairs = confused_pairs(np.array([[9, 1, 0], [4, 5, 1], [0, 2, 8]]), 3)
    assert [(one.true, one.answered, one.count) for one in pairs] == [(1, 0, 4), (2, 1, 2), (0, 1, 1)]
    assert pairs[0].share == 0.4 and confused_pairs(np.eye(3, dtype=int), 3) == []
