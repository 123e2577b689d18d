"""A drawing takes the data set's look: stroke width, size, place and softness as the model has learnt them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.inference.ink import Picture, read_drawing
from core.inference.look import Look
from core.inference.strokes import CentreLine, Floats, Mask, box, centre_line, interpolation

__all__ = ["plain_resize", "read_drawing", "to_input"]

WORK = 160  # pixels along the ink's longer side at which its centre line is found
FINE = 224  # pixels along the longer side at which it is redrawn
VARIATION = (1.0, 1.0)


def to_input(ink: Floats, look: Look) -> NDArray[np.uint8] | None:
    """`ink` (H, W), 0 to 1, redrawn as the images of a data set are: (look.height, look.width). None where there is none.

    The strokes' centre lines are found, scaled so that the redrawn ink has the data set's extent, drawn again
    with the data set's pen, put where the data set puts its drawings, and softened as its edges are.
    """
    mask = np.asarray(ink >= 0.5)
    if not mask.any():
        return None
    line = centre_line(_smooth(_at_work_size(ink, mask)))
    return _draw(line, look)


def _at_work_size(ink: Floats, mask: Mask) -> Mask:
    """The ink's bounding box as a mask whose longer side has about WORK pixels; a thin line never breaks."""
    where = box(mask)
    mask = mask[where]
    longer = max(mask.shape)
    if longer > WORK:  # any ink makes a cell ink
        cells = np.argwhere(mask) * WORK // longer
        small = np.zeros(tuple(-(-side * WORK // longer) for side in mask.shape), bool)
        small[cells[:, 0], cells[:, 1]] = True
        return small
    factor = WORK / longer
    part = np.asarray(ink[where], np.float32)
    down, across = (interpolation(side, factor, pad=1) for side in part.shape)
    # A little under one half: between two pixels that touch at a corner linear interpolation gives exactly that.
    return np.asarray(down @ part @ across.T > 0.45)


def _smooth(mask: Mask) -> Mask:
    """`mask` without the notches and steps that would grow side branches on a centre line."""
    padded = np.pad(mask, 8)
    # In a long strip the mean distance to the paper is a quarter of the width.
    width = 4 * float(ndimage.distance_transform_edt(padded)[padded].mean())
    if width < 6:
        return padded
    smooth: Mask = ndimage.gaussian_filter(padded.astype(np.float32), 0.15 * width) > 0.5
    return smooth if smooth.any() else padded


def _draw(line: CentreLine, look: Look) -> NDArray[np.uint8]:
    height, width = look.size
    fine = max(2, round(FINE / max(look.size)))
    points = line.points - line.points.min(0) + 0.5
    spans = points.max(0) - 0.5
    room = np.array([min(look.extent, side) for side in look.size]) - look.stroke
    usual = float(np.median(line.radius))
    # A dot has no centre line to speak of: it grows to no more than twice the pen.
    scale = min(float((room / np.maximum(spans, 1e-6)).min()), 2 * look.stroke / (2 * usual)) if spans.max() < usual else float((room / np.maximum(spans, 1e-6)).min())
    half = look.stroke / 2 * np.clip(line.radius / usual, *VARIATION)
    canvas = np.ones((height * fine, width * fine), bool)
    radius = np.zeros(canvas.shape, np.float32)
    middle = np.array(look.size) / 2
    placed = (points - (points.min(0) + points.max(0)) / 2) * scale + middle
    at = np.clip((placed * fine).astype(int), 0, np.array(canvas.shape) - 1)
    canvas[at[:, 0], at[:, 1]] = False
    radius[at[:, 0], at[:, 1]] = half
    distance, nearest = ndimage.distance_transform_edt(canvas, return_indices=True)
    ink: Floats = np.clip(radius[nearest[0], nearest[1]] * fine - distance + 0.5, 0, 1).astype(np.float32)
    ink = _place(ink, look, fine)
    # Averaging over a pixel softens an edge by itself.
    extra = max(0.0, look.blur**2 - 1 / 12) ** 0.5 * fine
    if extra > 0.5:
        ink = ndimage.gaussian_filter(ink, extra, mode="constant")
    small = ink.reshape(height, fine, width, fine).mean((1, 3))
    signed = small * look.peak * (1 if look.light_on_dark else -1)
    return np.clip(np.rint(look.paper + signed), 0, 255).astype(np.uint8)


def _place(ink: Floats, look: Look, fine: int) -> Floats:
    where = box(ink > 0)
    start = np.array([side.start for side in where])
    stop = np.array([side.stop for side in where])
    middle = np.array(ndimage.center_of_mass(ink)) + 0.5 if look.centred == "mass" else (start + stop) / 2
    shift = np.rint(np.array(look.centre) * fine - middle).astype(int)
    shift = np.clip(shift, -start, np.array(ink.shape) - stop)  # never off the sheet
    moved = np.zeros_like(ink)
    moved[tuple(slice(a, b) for a, b in zip(start + shift, stop + shift, strict=True))] = ink[where]
    return moved


def plain_resize(picture: Picture, size: tuple[int, int]) -> NDArray[np.uint8]:
    raise NotImplementedError
