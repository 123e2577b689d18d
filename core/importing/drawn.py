"""Whether a set of images shows what a pen can draw: strokes of one tone on an even ground."""

from collections.abc import Iterable

import numpy as np

STROKES = 0.82  # of the images: what as many are like is the set's
SIDE = 96  # pixels: images are looked at about this large
CONTRAST = 60.0  # grey levels between ground and stroke
GROUND_NEAR, GROUND_EVEN = 0.15, 0.9  # of the contrast, of the ground: as much of it lies so near its median
INK_NEAR, INK_EVEN = 0.3, 0.6  # the same of the strokes
GROUND_CORE = 0.08  # of the image is ground with nothing but ground around it: of 8×8 digits 0.09 at the least
TOGETHER = 0.6  # of the ink is in one piece
MAX_PIECES, SPECK_PX = 5, 4  # pieces of ink, and the pixels from which on a piece is counted
THICK = 0.45  # of the drawing's longer side: a stroke is thinner, a filled shape thicker


def are_drawings(images: Iterable[np.ndarray]) -> bool:
    """Whether most of `images`, each (H, W, 1 or 3) uint8 of any size, are strokes on an even ground."""
    found = [is_drawing(image) for image in images]
    return bool(found) and sum(found) >= STROKES * len(found)


def is_drawing(image: np.ndarray) -> bool:
    """Whether one image (H, W, 1 or 3) uint8 shows strokes on an even ground, with room around them or without."""
    from skimage.filters import threshold_otsu

    step = max(1, max(image.shape[:2]) // SIDE)
    grey = image[::step, ::step].mean(-1)
    low, high = float(grey.min()), float(grey.max())
    if high - low < CONTRAST:
        return False
    dark = grey <= float(threshold_otsu(grey))  # type: ignore[no-untyped-call]
    return any(_are_strokes(ink, grey, high - low) for ink in (dark, ~dark))


def _are_strokes(ink: np.ndarray, grey: np.ndarray, contrast: float) -> bool:
    """Whether `ink` (H, W) is strokes of one tone, and what is around it a ground of one tone."""
    from scipy import ndimage

    # Beside the soft edge between them; thin strokes of few pixels are soft throughout.
    for part, near, even in ((~ink, GROUND_NEAR, GROUND_EVEN), (ink, INK_NEAR, INK_EVEN)):
        tones = grey[ndimage.binary_erosion(part, np.ones((3, 3)), border_value=1)]
        if len(tones) and (np.abs(tones - np.median(tones)) < near * contrast).mean() < even:
            return False
    if ndimage.binary_erosion(~ink, np.ones((3, 3)), border_value=1).mean() < GROUND_CORE:
        return False  # noise has hardly any
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    pieces = np.bincount(labels.ravel())[1:]
    if ink.all() or pieces.max(initial=0) < TOGETHER * ink.sum() or (pieces >= SPECK_PX).sum() > MAX_PIECES:
        return False
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    depth = ndimage.distance_transform_edt(np.pad(ink, 1))
    return 2 * float(depth.max()) - 1 <= THICK * max(height, width)
