"""The ground that the things in images lie on, as it is seen at their border."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from core.sandbox.image_files import MAX_ASPECT

COMMON = 0.8  # of the images: what as many have is the data set's
DARK, LIGHT = 80.0, 175.0  # grey levels: a ground is dark below the first, light above the second
FLAT = 40.0  # grey levels: a pixel of the ground differs less from its median
SHARE = 0.55  # of the border: as much of it is ground


class Ground(NamedTuple):
    """What lies at the border of one image."""

    tone: Literal["dark", "light"] | None  # None: no even ground, or one in between
    level: float  # the border's median grey level


def border(image: np.ndarray) -> np.ndarray:
    """The pixels at the four edges of an image (H, W) or (H, W, C): (N,) or (N, C)."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


def ground_of(edge: np.ndarray) -> Ground:
    """The ground at a border (N,) of grey levels."""
    level = float(np.median(edge))
    even = float((np.abs(edge - level) < FLAT).mean()) > SHARE
    tone: Literal["dark", "light"] | None = None
    if even and not DARK <= level <= LIGHT:
        tone = "dark" if level < DARK else "light"
    return Ground(tone, level)


def common_ground(images: Sequence[np.ndarray]) -> tuple[int, ...] | None:
    """The level by channel of the ground that most of `images`, each (H, W, C) uint8 of any size, have; None where they
    have none in common."""
    edges = [border(image).astype(np.float32) for image in images]
    tones = [ground_of(edge.mean(-1)).tone for edge in edges]
    for tone in ("dark", "light"):
        alike = [np.median(edge, axis=0) for edge, own in zip(edges, tones, strict=True) if own == tone]
        if alike and len(alike) >= COMMON * len(images):
            return tuple(int(level) for level in np.median(alike, axis=0).round())
    return None


def widened(image: np.ndarray, ground: tuple[int, ...]) -> np.ndarray:
    """An image (H, W, C) whose long side is more than four times its short side, with the ground on both sides, so that
    it is four times."""
    height, width = image.shape[:2]
    least = -(-max(height, width) // MAX_ASPECT)
    if min(height, width) >= least:
        return image
    high, wide = max(height, least), max(width, least)
    top, left = (high - height) // 2, (wide - width) // 2
    filled = np.empty((high, wide, image.shape[2]), np.uint8)
    filled[:] = ground
    filled[top : top + height, left : left + width] = image
    return filled
