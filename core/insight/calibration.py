"""Whether probabilities can be believed: reliability, calibration error, temperature, and accuracy at a coverage."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.insight.class_figures import known, share
from core.insight.predictions import Predictions, log_probabilities

BINS = 15  # of equal width, as in Guo et al. (2017, arXiv:1706.04599) and in the metric of the same name
DRAWS = 500  # of the bootstrap
TEMPERATURES = (0.05, 20.0)  # between which one is looked for

Shares = NDArray[np.float64]  # (N,) the probability of each answer
Rights = NDArray[np.bool_]  # (N,) whether it is right


@dataclass(frozen=True)
class Bin:
    """Images whose answer has a probability in (low, high]."""

    low: float
    high: float
    count: int
    confidence: float | None  # mean probability; None: no image
    accuracy: float | None


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy. `error` is the expected calibration error: the distance between the two, on average
    over the images; `interval` holds the true one with 95 %."""

    bins: tuple[Bin, ...]
    error: float
    interval: tuple[float, float]


def reliability(confidence: Shares, right: Rights, seed: int = 0) -> Reliability | None:
    """None without an image, or where an answer is no number."""
    if not len(confidence) or not np.isfinite(confidence).all():
        return None
    edges = np.linspace(0, 1, BINS + 1)
    place = bin_places(confidence)
    counts = np.bincount(place, minlength=BINS)
    sure, good = (share(np.bincount(place, values, BINS), counts) for values in (confidence, right))
    bins = tuple(
        Bin(float(low), float(high), int(n), known(p), known(a))
        for low, high, n, p, a in zip(edges, edges[1:], counts, sure, good, strict=False)
    )
    gaps = right - confidence
    error = calibration_error(place, gaps)
    return Reliability(bins, error, interval(place, gaps, error, seed))


def bin_places(confidence: Shares) -> NDArray[np.int64]:
    """(N,) the bin of each image."""
    edges = np.linspace(0, 1, BINS + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)


def calibration_error(place: NDArray[np.int64], gaps: Shares) -> float:
    """From the bin of each image, and 1 or 0 for a right or wrong answer minus its probability."""
    return float(np.abs(np.bincount(place, gaps, BINS)).sum() / len(gaps))


def interval(place: NDArray[np.int64], gaps: Shares, error: float, seed: int) -> tuple[float, float]:
    """By the bootstrap (Efron 1979): images are drawn with replacement, the same for the same seed. The percentiles are
    reflected at the error, as that of few images is too large and that of images drawn twice is larger still; it is
    widened to hold the error itself. (0, 1) of one image, which can be drawn in one way alone."""
    if len(gaps) < 2:
        return 0.0, 1.0
    order = np.lexsort((gaps, place))  # whichever order the images came in
    place, gaps = place[order], gaps[order]
    random = np.random.default_rng(seed)
    drawn = []
    for _draw in range(DRAWS):
        chosen = random.integers(0, len(gaps), len(gaps))
        drawn.append(calibration_error(place[chosen], gaps[chosen]))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return max(0.0, min(error, 2 * error - high)), min(1.0, max(error, 2 * error - low))


@dataclass(frozen=True)
class Temperature:
    """What the logits are divided by so that the probabilities fit best, and the mean loss (nats) before and after, on
    the images that it was fitted to. Above 1 it makes the answers less sure; which class is the likeliest stays."""

    value: float
    loss_before: float
    loss_after: float


def fit_temperature(predictions: Predictions) -> Temperature | None:
    """The temperature with the lowest loss (Guo et al. 2017). None where no finite one fits: without an image, where
    every answer is right, or where they are no better than chance."""
    from scipy.optimize import minimize_scalar

    loss = mean_loss(predictions)
    if predictions.answers.right.all() or not math.isfinite(before := loss(1.0)):
        return None
    low, high = map(math.log, TEMPERATURES)
    found = minimize_scalar(lambda power: loss(math.exp(power)), bounds=(low, high), options={"xatol": 1e-7})
    value = math.exp(found.x)
    if not 1.01 * TEMPERATURES[0] < value < 0.99 * TEMPERATURES[1]:
        return None
    return Temperature(value, before, float(found.fun))


def mean_loss(predictions: Predictions) -> Callable[[float], float]:
    """The mean cross-entropy as a function of the temperature."""
    labels = predictions.labels

    def loss(temperature: float) -> float:
        total = 0.0
        for place, logits in predictions.chunks():
            logs = log_probabilities(logits, temperature)
            total -= float(logs[np.arange(len(logs)), labels[place]].sum())
        return total / max(1, len(labels))

    return loss


@dataclass(frozen=True)
class Coverage:
    """Of each threshold, falling: the share of the images whose answer has at least that probability, and the accuracy
    on these alone."""

    thresholds: NDArray[np.float64]
    coverage: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def coverage_curve(confidence: Shares, right: Rights) -> Coverage:
    """One point for each probability that occurs."""
    order = np.argsort(-confidence, kind="stable")
    sure, good = confidence[order], np.cumsum(right[order])
    last = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)) if len(sure) else np.arange(0)
    return Coverage(sure[last], (last + 1) / max(1, len(sure)), good[last] / (last + 1))


@dataclass(frozen=True)
class Answered:
    """What a threshold leaves: images that get an answer, and those of them that are right, of all images."""

    answered: int
    correct: int
    total: int


def above(threshold: float, confidence: Shares, right: Rights) -> Answered:
    sure = confidence >= threshold
    return Answered(int(sure.sum()), int((sure & right).sum()), len(right))
