"""Labels that look wrong, by confident learning (Northcutt et al. 2021, arXiv:1911.00068): images whose given class is
improbable to a classifier that was not shown their label."""

import warnings
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.progress import PrepareProgress
from core.insight.image_features import Features, standardised
from core.locale import N_

FOLDS = 5
DECAY = 1e-3  # of the heads' weights, beside the mean loss
MAX_STEPS = 200  # of L-BFGS
SEED = 0


@dataclass(frozen=True)
class LabelScores:
    """What the heads say of each image that was not among those they learned from."""

    given: NDArray[np.float32]  # (N,) the probability of its label; NaN where no head knows that class
    suggested: NDArray[np.int64]  # (N,) the likeliest other class
    probability: NDArray[np.float32]  # (N,) of it
    wrong: NDArray[np.bool_]  # (N,) that class is as probable as it is, on average, to the images that have it


def label_scores(
    features: Features, labels: NDArray[np.int64], classes: int, copies: NDArray[np.int64] | None
) -> Generator[PrepareProgress, None, LabelScores]:
    """Logistic regression on standardised features (N, F), cross-validated in five folds. `copies` (N,) has one number
    for all images with the same pixels: these are in one fold. Yields how far it is."""
    features, count = standardised(features), len(labels)
    fold = folds(labels, copies)
    probabilities = np.zeros((count, classes), np.float32)
    known = np.zeros(count, bool)
    for one in range(FOLDS):
        yield PrepareProgress(N_("comparing labels"), count * one // FOLDS, count, "images")
        learned, asked = fold != one, np.flatnonzero(fold == one)
        have = np.unique(labels[learned])
        if not len(asked) or len(have) < 2:
            continue
        probabilities[np.ix_(asked, have)] = answers(features[learned], labels[learned], features[asked])
        known[asked] = np.isin(labels[asked], have)
    yield PrepareProgress(N_("comparing labels"), count, count, "images")
    given = np.where(known, probabilities[np.arange(count), labels], np.nan)
    average = np.array([given[known & (labels == one)].mean() if (known & (labels == one)).any() else 1
                        for one in range(classes)])  # fmt: skip
    probabilities[np.arange(count), labels] = -1
    suggested = probabilities.argmax(1)
    probability = probabilities.max(1)
    wrong = known & (probability > given) & (probability >= average[suggested])
    return LabelScores(given.astype(np.float32), suggested, probability, wrong)


def folds(labels: NDArray[np.int64], copies: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """(N,) the fold of each image: of every class as many in each, all copies of an image in one."""
    random, found = np.random.default_rng(SEED), np.empty(len(labels), np.int64)
    for one in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == one))
        found[places] = (np.arange(len(places)) + one) % FOLDS  # classes of a single image are spread over the folds
    return found if copies is None else found[copies]


def answers(features: Features, labels: NDArray[np.int64], asked: Features) -> NDArray[np.float32]:
    """(n, classes that occur): the probabilities that a head gives to the images asked for, by their order."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    head = LogisticRegression(C=1 / (DECAY * len(labels)), max_iter=MAX_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last steps change hardly a probability
        head.fit(features, labels)
    found: NDArray[np.float32] = head.predict_proba(asked)
    return found
