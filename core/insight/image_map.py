"""A map of images: places on a plane, so that images which are alike lie near one another, by what the network's last
layer sees of them or by their pixels."""

import io
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.files.checkpoint_names import which_of
from core.insight.image_answers import ImageAnswers
from core.insight.part_features import PartFeatures
from core.insight.row_file import RowWriter, find_rows
from core.prepared.arrays import Prepared

By = Literal["features", "pixels"]
Method = Literal["pca", "tsne"]
BY: tuple[By, ...] = get_args(By)
METHODS: tuple[Method, ...] = get_args(Method)
FOLDER = "maps"  # in the folder of a run
MAX_POINTS = 10_000  # images on a map; a browser draws no more of them smoothly
MAX_PIXELS = 1024  # values of an image that are compared; larger images are made smaller
SIDE_PX = 18  # to which photographs are brought, 972 values in colour
AXES = 50  # principal components that t-SNE is given, as its authors do
PERPLEXITY = 30.0
STEPS = 1000  # of t-SNE
SEED = 0
ROWS = np.dtype([("index", "<i4"), ("x", "<f4"), ("y", "<f4")])
Observe = Callable[[int, int], None]  # done, of so many


@dataclass(frozen=True)
class ImageMap:
    """Where images lie. The axes have no unit."""

    indices: NDArray[np.int64]  # (N,) into the prepared set
    points: NDArray[np.float32]  # (N, 2)
    explained: tuple[float, float] | None = None  # of PCA: the share of the variance along each axis


def shown_places(count: int) -> NDArray[np.int64]:
    """Which images of a part a map has: all, or as many as it can have, drawn at random but always the same."""
    if count <= MAX_POINTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(SEED).choice(count, MAX_POINTS, replace=False))


def feature_values(features: PartFeatures, places: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, F) standardised over the part."""
    mean, deviation = features.spread
    values: NDArray[np.float32] = (features.rows["features"][places].astype(np.float32) - mean) / deviation
    return values


def pixel_values(prepared: Prepared, indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, V) levels of 0–1 of images, made smaller where one has more than `MAX_PIXELS` values; photographs of many
    sizes all become squares."""
    if prepared.uniform:
        images = np.asarray(prepared.array[indices])
        step = next(n for n in range(1, max(images.shape[1:3]) + 1) if images[0, ::n, ::n].size <= MAX_PIXELS)
        if step == 1:
            return levels(images)
        height, width = images.shape[1] // step * step, images.shape[2] // step * step
        blocks = images[:, :height, :width].reshape(len(images), height // step, step, width // step, step, -1)
        return levels(blocks.mean((2, 4), dtype=np.float32))
    small = [thumbnail(prepared.image(int(index))) for index in indices]
    return levels(np.stack(small))


def levels(images: np.ndarray) -> NDArray[np.float32]:
    """(n, …) of 0–255 → (n, V) of 0–1"""
    return np.asarray(images.reshape(len(images), -1), np.float32) / np.float32(255)


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, C) → (SIDE_PX, SIDE_PX, C)"""
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image))
    small: NDArray[np.uint8] = np.asarray(picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX))
    return small


def components(values: NDArray[np.float32], axes: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The principal components of (n, V): (n, axes), and the share of the variance along each, the largest first. The
    sign is the one in which the largest weight is positive, so that a map never lies mirrored."""
    from scipy.linalg import eigh

    centred = values - values.mean(0)
    covariance = (centred.T @ centred).astype(np.float64)
    axes = min(axes, len(covariance))
    variances, directions = eigh(covariance, subset_by_index=(len(covariance) - axes, len(covariance) - 1))
    largest = directions[:, ::-1]
    largest = largest * np.sign(largest[np.abs(largest).argmax(0), np.arange(axes)])
    shares = np.maximum(variances[::-1], 0) / max(float(np.trace(covariance)), 1e-30)
    return centred @ largest.astype(np.float32), shares


def pca(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """(n, V) → (n, 2) along the two directions in which they differ most, and their shares of the variance."""
    points, shares = components(values, 2)
    if points.shape[1] < 2:
        points, shares = np.pad(points, ((0, 0), (0, 1))), np.append(shares, 0.0)
    return points, (float(shares[0]), float(shares[1]))


def tsne(values: NDArray[np.float32], observe: Observe = lambda done, total: None) -> NDArray[np.float32]:
    """(n, V) → (n, 2) by t-SNE (van der Maaten & Hinton 2008) of the first principal components; a minute for 10,000 on
    two cores. The same values give the same map."""
    from sklearn.manifold import TSNE

    if len(values) < 5:
        return pca(values)[0]
    observe(0, STEPS)  # finding the neighbours of each takes a while before the first step
    near, _shares = components(values, AXES)
    near /= max(float(near[:, 0].std()), 1e-12)
    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    method = TSNE(perplexity=perplexity, max_iter=STEPS, init="pca", random_state=SEED, verbose=2)
    with redirect_stdout(Steps(observe)):  # it tells of its steps in no other way
        points: NDArray[np.float32] = method.fit_transform(near).astype(np.float32)
    return points


class Steps(io.TextIOBase):
    """Takes what scikit-learn prints, and hears from it how far it is."""

    STEP = re.compile(r"Iteration (\d+):")

    def __init__(self, observe: Observe) -> None:
        self.observe, self.output = observe, sys.stdout

    def write(self, text: str) -> int:
        if found := self.STEP.search(text):
            with redirect_stdout(self.output):
                self.observe(int(found[1]), STEPS)
        return len(text)


def find_map(checkpoint: Path, part: str, by: By, version: str) -> tuple[ImageMap, str] | None:
    """The t-SNE map that is kept of a part by a version of a checkpoint, and the fingerprint of the set; None where
    there is none."""
    found = find_rows(checkpoint.with_name(FOLDER), map_name(checkpoint, part, by), version)
    if not found or found[0].dtype != ROWS:
        return None
    rows = found[0]
    return ImageMap(rows["index"].astype(np.int64), np.stack([rows["x"], rows["y"]], 1)), found[1]


def keep_map(found: ImageMap, checkpoint: Path, part: str, by: By, version: str, fingerprint: str) -> None:
    """Keep it with the run. Raises `Unwritable` when the disk refuses."""
    name = map_name(checkpoint, part, by)
    rows = np.empty(len(found.indices), ROWS)
    rows["index"], rows["x"], rows["y"] = found.indices, found.points[:, 0], found.points[:, 1]
    with MapWriter(checkpoint.with_name(FOLDER), name, version, fingerprint, len(rows)) as writer:
        writer.write(rows)


class MapWriter(RowWriter):
    row = ROWS


def map_name(checkpoint: Path, part: str, by: By) -> str:
    return f"{which_of(checkpoint)}.{part}.{by}.tsne"


def pca_map(values: NDArray[np.float32], indices: NDArray[np.int64]) -> ImageMap:
    points, explained = pca(values)
    return ImageMap(indices, points, explained)


def map_values(
    by: By, prepared: Prepared, answers: ImageAnswers, features: PartFeatures | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The places in the part of the images that a map shows, and what they are compared by."""
    places = shown_places(len(answers.indices))
    if by == "features" and features is not None:
        return places, feature_values(features, places)
    return places, pixel_values(prepared, answers.indices[places])
