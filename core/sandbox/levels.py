"""Grey images of more than 8 bits a pixel: which of a file's levels become black and white.

Such files seldom use all that they can hold. Cameras and scanners write 10, 12 or 14 bits into 16; heat cameras a
narrow band far from 0; programs floats from 0 to 1, from 0 to 255 or around 0. The images of a set share one range, so
that one that is darker than another stays so, and a picture that is shown to a model of the set gets the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

FEW_OUTLIERS = 0.001  # share of an image's pixels: dead ones and sparks, which say nothing of the range
OUTLIER_BITS = 2  # by how many the brightest of all pixels must exceed the rest for its like to be left out
LEAST_SPAN = 255  # whole levels from black to white: fewer would be noise made large
SHARES, BYTES = (0.25, 1.0), (64.0, 255.0)  # a brightest float in one of these ranges means that its end is white

Span = tuple[float, float]  # the level that becomes 0, and the one that becomes 255


@dataclass(frozen=True)
class Levels:
    """What becomes black and white, of whole levels (uint16) and of floats; None where a set has no such files."""

    whole: Span | None = None
    decimal: Span | None = None

    def eight_bits(self, levels: np.ndarray) -> np.ndarray:
        """uint16 or float32 levels as uint8; by their own range where the set has none for their kind."""
        span = self.span(levels)
        if span is None:
            span = Levels.of([levels]).span(levels) or (0.0, 255.0)
        black, white = span
        shares = (levels.astype(np.float64) - black) * (255 / (white - black))
        return (np.clip(shares, 0, 255) + 0.5).astype(np.uint8)

    def span(self, levels: np.ndarray) -> Span | None:
        """The range for levels of this kind."""
        return self.whole if levels.dtype == np.uint16 else self.decimal

    @staticmethod
    def of(images: Iterable[np.ndarray]) -> "Levels":
        """The range that some images use."""
        seen = SeenLevels()
        for levels in images:
            seen.add(levels)
        return seen.levels()


class SeenLevels:
    """Collects what the images of a set use, one after the other."""

    def __init__(self) -> None:
        self.extremes: dict[bool, list[Span]] = {True: [], False: []}  # whole numbers or not → of all pixels
        self.usual: dict[bool, list[Span]] = {True: [], False: []}  # of all but the outliers

    def add(self, levels: np.ndarray) -> None:
        """An image's levels, uint16 or float32, of any shape."""
        whole, flat = levels.dtype == np.uint16, levels.ravel()
        outliers = int(FEW_OUTLIERS * flat.size) + (flat.size > 100)
        ordered = np.partition(flat, (outliers, flat.size - 1 - outliers))
        self.extremes[whole].append((float(flat.min()), float(flat.max())))
        self.usual[whole].append((float(ordered[outliers]), float(ordered[flat.size - 1 - outliers])))

    def levels(self) -> Levels:
        """The range of all that was added."""
        whole = _whole(_all(self.extremes[True])[1], *_all(self.usual[True])) if self.usual[True] else None
        decimal = _decimal(*_all(self.extremes[False]), *_all(self.usual[False])) if self.usual[False] else None
        return Levels(whole, decimal)


def _all(spans: Sequence[Span]) -> Span:
    """The span that holds all of these."""
    return min(low for low, _ in spans), max(high for _, high in spans)


def _whole(highest: float, low: float, high: float) -> Span:
    """From 0 to the largest number of as many bits as are used, 8 at least; or what is used, far from 0."""
    used = int(highest).bit_length()
    if used - int(high).bit_length() >= OUTLIER_BITS:
        used = int(high).bit_length()
    white = max(2**used - 1, 255)
    if low <= white / 2:
        return 0.0, float(white)
    return low, max(high, low + LEAST_SPAN)


def _decimal(lowest: float, highest: float, low: float, high: float) -> Span:
    """From 0 to 1 or to 255, where the brightest is near; or else what is used, from 0 if nothing is below."""
    if highest - lowest > 2**OUTLIER_BITS * (high - low) > 0:
        lowest, highest = low, high
    black = min(lowest, 0.0)
    if black == 0:
        for least, white in (SHARES, BYTES):
            if least < highest <= white:
                return 0.0, white
    if low > highest / 2:  # degrees above absolute zero
        black = low
    return black, highest if highest > black else black + 1
