"""Reliability and temperature, as torchmetrics and torch have them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.insight.calibration import above, coverage_curve, fit_temperature, reliability
from core.insight.image_scores import image_scores
from tests.insight.test_image_scores import predictions


def drawn(count, classes=5, sharpened=1.0, seed=0):
    """Logits whose softmax is the distribution that the labels were drawn from, then multiplied by `sharpened`."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=1.5, size=(count, classes)).astype(np.float32)
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = np.array([random.choice(classes, p=row / row.sum()) for row in chances.astype(float)])
    return predictions(logits * np.float32(sharpened), labels)


@pytest.fixture(scope="module")
def honest():
    return drawn(2000)


@pytest.fixture(scope="module")
def too_sure():
    return drawn(2000, sharpened=2.5)


def test_the_error_is_that_of_torchmetrics(too_sure):
    from torchmetrics.functional.classification import multiclass_calibration_error  # a second, with what it plots with

    scores = image_scores(too_sure)
    likely = torch.tensor(np.array(too_sure.rows["logits"])).double().softmax(1)
    theirs = multiclass_calibration_error(likely, torch.tensor(too_sure.labels), 5, n_bins=15)
    found = reliability(scores.confidence, scores.right)
    assert found.error == pytest.approx(float(theirs), abs=1e-6) and found.error > 0.1
    assert sum(one.count for one in found.bins) == 2000
    assert all((one.confidence is None) == (one.count == 0) for one in found.bins)
    low, high = zip(*((one.low, one.high) for one in found.bins), strict=True)
    assert all(l < one.confidence <= h for l, h, one in zip(low, high, found.bins, strict=True) if one.count)  # noqa: E741


def test_its_interval_is_the_same_each_time_and_narrows_with_more_images(honest, too_sure):
    def interval(given, most):
        scores = image_scores(given)
        return reliability(scores.confidence[:most], scores.right[:most])

    assert interval(too_sure, 2000) == interval(too_sure, 2000)
    few, many = interval(too_sure, 200).interval, interval(too_sure, 2000).interval
    assert few[1] - few[0] > 1.5 * (many[1] - many[0])
    for found in (interval(too_sure, 2000), interval(honest, 2000), interval(honest, 50)):
        assert 0 <= found.interval[0] <= found.error <= found.interval[1] <= 1
    assert interval(honest, 1).interval == (0, 1), "of one image nothing is known"
    assert interval(honest, 2000).interval[0] < 0.01, "a model that is as sure as it is right"
    assert interval(too_sure, 2000).interval[0] > 0.1


def test_the_interval_holds_the_true_error_as_often_as_it_says():
    """Answers with a probability of 0.8 of which 0.7 are right: the true error is 0.1."""
    random, held = np.random.default_rng(5), 0
    for _repeat in range(60):
        found = reliability(np.full(300, 0.8), random.random(300) < 0.7)
        held += found.interval[0] <= 0.1 <= found.interval[1]
    assert held >= 53


def test_nothing_is_said_of_nothing():
    assert reliability(np.zeros(0), np.zeros(0, bool)) is None
    assert reliability(np.array([np.nan]), np.array([True])) is None
    assert fit_temperature(predictions(np.zeros((0, 3), np.float32), np.zeros(0, int))) is None


def test_the_temperature_is_the_one_with_the_lowest_loss(too_sure):
    logits, labels = torch.tensor(np.array(too_sure.rows["logits"])).double(), torch.tensor(too_sure.labels)
    power = torch.zeros(1, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([power], max_iter=100, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / power.exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    found = fit_temperature(too_sure)
    assert found.value == pytest.approx(float(power.detach().exp()), rel=1e-4) and found.value == pytest.approx(
        2.5, rel=0.1
    )
    assert found.loss_before == pytest.approx(float(F.cross_entropy(logits, labels)), abs=1e-9)
    assert found.loss_after == pytest.approx(float(closure()), abs=1e-9)


def test_it_makes_the_probabilities_fit(honest, too_sure):
    scores = image_scores(too_sure, fit_temperature(too_sure).value)
    assert reliability(scores.confidence, scores.right).error < 0.04
    assert fit_temperature(honest).value == pytest.approx(1, abs=0.1)


def test_where_every_answer_is_right_no_temperature_fits():
    assert fit_temperature(predictions(np.eye(4, dtype=np.float32) * 9, np.arange(4))) is None


def test_accuracy_at_a_coverage():
    sure, right = np.array([0.9, 0.5, 0.7, 0.7]), np.array([True, False, True, False])
    curve = coverage_curve(sure, right)
    assert curve.thresholds.tolist() == [0.9, 0.7, 0.5] and curve.coverage.tolist() == [0.25, 0.75, 1.0]
    assert curve.accuracy.tolist() == [1.0, 2 / 3, 0.5]
    for threshold, coverage, accuracy in zip(curve.thresholds, curve.coverage, curve.accuracy, strict=True):
        left = above(threshold, sure, right)
        assert (left.answered / left.total, left.correct / left.answered) == (coverage, accuracy)
    assert len(coverage_curve(np.zeros(0), np.zeros(0, bool)).thresholds) == 0
