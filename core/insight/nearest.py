"""The images that are most like one, by the features of a network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.insight.part_features import PartFeatures


@dataclass(frozen=True)
class Near:
    """Images of the other part, nearest first: their places in the data set, and how far they are."""

    indices: NDArray[np.int64]  # (k,)
    distances: NDArray[np.float32]  # (k,) Euclidean, of standardised features, over the root of their number


def nearest(image: NDArray[np.float32], index: int, part: PartFeatures, k: int) -> Near:
    """The k images of a part nearest to one with the features (F,); the image at `index` itself is none of them. Each
    feature is divided by its spread over the part, so that none counts for more than another."""
    mean, deviation = part.spread
    looked_for = (image.astype(np.float32) - mean) / deviation
    found = [np.zeros(0, np.float32)]
    for _place, values in part.chunks():
        values -= mean
        values /= deviation
        values -= looked_for
        found.append(np.einsum("nf,nf->n", values, values))
    distances = np.concatenate(found)
    distances[part.indices == index] = np.inf
    k = min(k, int(np.isfinite(distances).sum()))
    best = np.argpartition(distances, k - 1)[:k] if k else np.zeros(0, np.int64)
    best = best[np.argsort(distances[best], kind="stable")]
    return Near(part.indices[best], np.sqrt(distances[best] / max(1, len(mean))))
