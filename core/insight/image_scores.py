"""Each image by itself: how sure the answer was, how much the truth was missed, and in which order to look at them."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.insight.class_figures import known, share
from core.insight.predictions import Predictions, log_probabilities

Order = Literal["loss", "sure", "close"]
ORDERS: tuple[Order, ...] = get_args(Order)
TOP = 5  # likeliest classes among which the true one counts as found, of more classes than these


@dataclass(frozen=True)
class ImageScores:
    """One entry an image, in the order of its predictions."""

    labels: NDArray[np.int64]  # (N,) the true classes
    predicted: NDArray[np.int64]  # (N,) the likeliest classes; of two alike the first
    confidence: NDArray[np.float64]  # (N,) the probability of the likeliest class
    loss: NDArray[np.float64]  # (N,) minus the logarithm of the true class's probability, in nats
    margin: NDArray[np.float64]  # (N,) by how much the likeliest class is more probable than the second
    rank: NDArray[np.int64]  # (N,) how many classes come before the true one

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.asarray(self.predicted == self.labels)

    def found_among(self, k: int) -> NDArray[np.bool_]:
        """(N,) whether the true class is among the k likeliest."""
        return np.asarray(self.rank < k)

    def classes_found_among(self, k: int, classes: int) -> list[float | None]:
        """Of the images of each class the share whose class is among the k likeliest; None without an image."""
        found = self.labels[self.found_among(k)]
        hits, counts = (np.bincount(labels, minlength=classes) for labels in (found, self.labels))
        return list(map(known, share(hits, counts)))

    def ordered(self, order: Order, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the places that belong there, in an order: the highest loss first; mistakes alone, the surest first;
        or those whose two likeliest classes are closest first."""
        if order == "sure":
            places = places[~self.right[places]]
            return places[np.argsort(-self.confidence[places], kind="stable")]
        key = -self.loss if order == "loss" else self.margin
        return places[np.argsort(key[places], kind="stable")]


def image_scores(predictions: Predictions, temperature: float = 1.0) -> ImageScores:
    """Computed from some images at a time: the probabilities of all would fill the memory."""
    count, labels = len(predictions), predictions.labels
    confidence, loss, margin = np.zeros((3, count))
    predicted, rank = np.zeros((2, count), np.int64)
    for place, logits in predictions.chunks():
        true = labels[place]
        logs = log_probabilities(logits, temperature)
        likely = np.exp(logs)
        one = np.arange(len(true))
        predicted[place] = logits.argmax(1)
        confidence[place] = likely[one, predicted[place]]
        loss[place] = -logs[one, true]
        of_true = logits[one, true][:, None]
        before = (logits == of_true) & (np.arange(logits.shape[1]) < true[:, None])
        rank[place] = (logits > of_true).sum(1) + before.sum(1)
        if logits.shape[1] > 1:
            best = np.partition(likely, -2, axis=1)
            margin[place] = best[:, -1] - best[:, -2]
        else:
            margin[place] = 1.0
    return ImageScores(labels, predicted, confidence, loss, margin, rank)
