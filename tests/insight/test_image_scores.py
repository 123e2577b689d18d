"""Each image by itself, as scikit-learn and torch have it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import top_k_accuracy_score

from core.insight import predictions as kept_predictions
from core.insight.image_scores import image_scores
from core.insight.predictions import Predictions, row_type


def predictions(logits, labels):
    rows = np.empty(len(labels), row_type(logits.shape[1]))
    rows["index"], rows["label"], rows["logits"] = np.arange(len(labels)), labels, logits
    return Predictions(rows, "")


@pytest.fixture(scope="module")
def given():
    random = np.random.default_rng(2)
    return random.normal(scale=3, size=(300, 8)).astype(np.float32), random.integers(0, 8, 300)


def test_loss_confidence_and_margin(given):
    logits, labels = given
    scores = image_scores(predictions(logits, labels))
    double = torch.tensor(logits).double()
    best = double.softmax(1).topk(2).values.numpy()
    assert scores.loss == pytest.approx(F.cross_entropy(double, torch.tensor(labels), reduction="none").numpy(), 1e-12)
    assert scores.confidence == pytest.approx(best[:, 0], abs=1e-12)
    assert scores.margin == pytest.approx(best[:, 0] - best[:, 1], abs=1e-12)
    assert np.array_equal(scores.predicted, logits.argmax(1))


def test_the_share_found_among_the_likeliest(given):
    logits, labels = given
    scores = image_scores(predictions(logits, labels))
    for k in range(1, 8):
        assert scores.found_among(k).mean() == top_k_accuracy_score(labels, logits, k=k, labels=range(8)), k
    assert np.array_equal(scores.found_among(1), scores.right)


def test_of_classes_alike_the_first_counts_as_the_answer():
    scores = image_scores(predictions(np.zeros((3, 3), np.float32), np.array([0, 1, 2])))
    assert scores.predicted.tolist() == [0, 0, 0] and scores.rank.tolist() == [0, 1, 2]


def test_it_does_not_matter_how_many_are_read_at_once(given, monkeypatch):
    whole = image_scores(predictions(*given))
    monkeypatch.setattr(kept_predictions, "CHUNK_VALUES", 56)
    parts = image_scores(predictions(*given))
    assert all(np.array_equal(getattr(whole, name), getattr(parts, name)) for name in vars(whole))


def test_a_temperature_changes_how_sure_an_answer_is_and_not_the_answer(given):
    cold, warm = image_scores(predictions(*given)), image_scores(predictions(*given), 2.0)
    assert np.array_equal(cold.predicted, warm.predicted) and np.array_equal(cold.rank, warm.rank)
    assert (warm.confidence < cold.confidence).all()


def test_the_orders_in_which_images_are_looked_at():
    logits = np.log(np.array([[0.9, 0.1], [0.2, 0.8], [0.45, 0.55], [0.05, 0.95]], np.float32))
    scores = image_scores(predictions(logits, np.array([0, 0, 0, 1])))
    places = np.arange(4)
    assert scores.ordered("loss", places).tolist() == [1, 2, 0, 3]
    assert scores.ordered("sure", places).tolist() == [1, 2], "mistakes alone"
    assert scores.ordered("close", places).tolist() == [2, 1, 0, 3]
    assert scores.ordered("loss", places[:1]).tolist() == [0]
