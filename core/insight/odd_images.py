"""Images that are unlike the others of their set: blurred, dark, bright, flat, tiny, of odd proportions, or unlike
every class by their features. What is odd follows from the set itself: far from the median, in median absolute
deviations."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.progress import PrepareProgress
from core.insight.image_features import Features, standardised
from core.insight.small_images import small_images
from core.locale import N_
from core.locale.messages import sentence
from core.prepared.arrays import Prepared
from core.sandbox.image_files import MAX_ASPECT

SIDE = 64  # pixels that larger images are looked at
CHUNK = 2000  # images looked at at once
FAR = 3.5  # standard deviations of a normal distribution with that median absolute deviation (Iglewicz & Hoaglin 1993)
DEVIATION = 1.4826  # of a normal distribution, in median absolute deviations
LEAST_IMAGES = 20  # below these nothing is usual
COMPONENTS = 50  # of the features

# What is measured, and the least spread that is taken for one: in logarithms but for brightness, in grey levels. Where
# all sizes are alike, an image is tiny from half of the usual side on, long from 1.4 times the usual proportions on.
SPREADS = {"sharpness": 0.1, "brightness": 2.0, "contrast": 0.05, "distance": 0.05, "side": 0.2, "proportions": 0.1}


@dataclass(frozen=True)
class Odd:
    """One way in which an image is odd. `value` and `usual` are in the unit that the reason is told in."""

    index: int
    reason: str  # of REASONS
    far: float  # how far, in robust standard deviations
    value: float
    usual: float


REASONS = {
    "blurred": N_("Blurred: its sharpness is {value:.0f}, usual are {usual:.0f}."),
    "dark": N_("Dark: its mean brightness is {value:.0f} of 255, usual are {usual:.0f}."),
    "bright": N_("Bright: its mean brightness is {value:.0f} of 255, usual are {usual:.0f}."),
    "flat": N_("Hardly any contrast: its spread of grey levels is {value:.1f}, usual are {usual:.0f}."),
    "tiny": N_("Tiny: its shorter side has {value:.0f} pixels, usual are {usual:.0f}."),
    "wide": N_("Odd proportions: its width is {value:.2f} times its height, usual are {usual:.2f}."),
    "unlike": N_("Unlike every class: it is {value:.1f} away from the nearest one, usual are {usual:.1f}."),
}
# Of those that are longer than what is kept of them.
WIDER = N_("Odd proportions: its width is at least {most} times its height; usual are {usual:.2f}. Its middle is used.")
TALLER = N_(
    "Odd proportions: its height is at least {most} times its width; usual are {usual:.2f}. Its middle is used."
)
REASON_TITLES = {
    "blurred": N_("blurred"), "dark": N_("dark"), "bright": N_("bright"), "flat": N_("hardly any contrast"),
    "tiny": N_("tiny"), "wide": N_("odd proportions"), "unlike": N_("unlike every class"),
}  # fmt: skip


def odd_images(prepared: Prepared, features: Features) -> Generator[PrepareProgress, None, list[Odd]]:
    """What is odd about the images of a set, the oddest first; `features` are (N, F). An image may have several
    reasons. Yields how far it is."""
    count = prepared.meta.count
    if count < LEAST_IMAGES:
        return []
    seen = np.empty((count, 3))
    for first in range(0, count, CHUNK):
        indices = np.arange(first, min(first + CHUNK, count))
        seen[indices] = looks(small_images(prepared, indices, SIDE))
        yield PrepareProgress(N_("looking at the images"), int(indices[-1]) + 1, count, "images")
    sharpness, brightness, contrast = seen.T
    distance = class_distances(features, np.asarray(prepared.labels))
    found = [
        *far("blurred", "sharpness", np.log1p(sharpness), sharpness, above=False),
        *far("dark", "brightness", brightness, brightness, above=False),
        *far("bright", "brightness", brightness, brightness, above=True),
        *far("flat", "contrast", np.log1p(contrast), contrast, above=False),
        *far("unlike", "distance", np.log(distance + 1e-6), distance, above=True),
        *odd_sizes(prepared),
    ]
    flat = {odd.index for odd in found if odd.reason == "flat"}
    found = [odd for odd in found if odd.reason != "blurred" or odd.index not in flat]  # there is nothing to be sharp
    return sorted(found, key=lambda odd: -odd.far)


def reason_words(reason: str, value: float, usual: float) -> str:
    """Why an image is odd, in the reader's language, as of its file: proportions are measured on what is kept of it."""
    text = REASONS[reason]
    if reason == "wide" and value >= MAX_ASPECT:
        text = WIDER
    elif reason == "wide" and value <= 1 / MAX_ASPECT:
        text = TALLER
    return sentence(text, {"value": value, "usual": usual, "most": MAX_ASPECT})


def looks(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, h, w) → (n, 3): the variance of the Laplacian (Pech-Pacheco et al. 2000), mean and standard deviation."""
    from scipy.ndimage import laplace

    levels = images.astype(np.float32)
    edges = laplace(levels, axes=(1, 2))
    return np.stack([edges.var((1, 2)), levels.mean((1, 2)), levels.std((1, 2))], 1)


def far(
    reason: str, measured: str, scale: NDArray[np.float64], values: NDArray[np.float64], *, above: bool
) -> list[Odd]:
    """The images that lie far from the median on a scale (N,), on one side of it; `values` are what is told."""
    median = np.median(scale)
    spread = max(DEVIATION * float(np.median(np.abs(scale - median))), SPREADS[measured])
    off = (scale - median) / spread * (1 if above else -1)
    usual = float(np.median(values))
    return [Odd(int(one), reason, float(off[one]), float(values[one]), usual) for one in np.flatnonzero(off > FAR)]


def odd_sizes(prepared: Prepared) -> list[Odd]:
    """Images smaller or longer than most; upright or across is no oddity."""
    if prepared.uniform:
        return []
    height, width = np.asarray(prepared.shapes, np.float64).T
    side, shape = np.minimum(height, width), width / height
    return [
        *far("tiny", "side", np.log(side), side, above=False),
        *far("wide", "proportions", np.abs(np.log(shape)), shape, above=True),
    ]


def class_distances(features: Features, labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) how far an image is from the mean of the nearest class, where the spread within the classes is 1 in each
    principal component; divided by the root of the count of components, so that about 1 is usual."""
    from sklearn.decomposition import PCA

    classes, members = np.unique(labels, return_inverse=True)
    features = standardised(features)
    means = np.stack([features[members == one].mean(0) for one in range(len(classes))])
    within = PCA(min(COMPONENTS, *features.shape), random_state=0).fit(features - means[members])
    kept = within.explained_variance_ > 1e-3 * within.explained_variance_.max()
    axes = within.components_[kept] / np.sqrt(within.explained_variance_[kept])[:, None]
    images, centres = features @ axes.T, means @ axes.T
    squares = np.full(len(labels), np.inf)
    for centre in centres:
        np.minimum(squares, np.square(images - centre).sum(1), out=squares)
    return np.asarray(np.sqrt(squares / max(1, kept.sum())))
