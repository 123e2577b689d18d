"""Drawings as hands make them, from real digits: thinned to a line, enlarged, put anywhere on a large sheet."""

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.morphology import skeletonize

SHEET = (800, 1050)  # height, width


def drawing(digit: np.ndarray, rng: np.random.Generator, pen: float | None) -> np.ndarray:
    """A digit (28, 28) uint8, light on dark, as a drawing, dark on light: (800, 1050) uint8.

    The longer side of its ink gets 60 to 700 pixels. `pen` is the stroke's width as a share of that; None is a
    line two pixels wide.
    """
    rows, columns = np.nonzero(digit > 100)
    ink = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = int(rng.integers(60, 701))
    scale = side / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    mask = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC)) > 110
    room = round(side * (pen or 0) / 2) + 2
    line = skeletonize(np.pad(mask, room))
    if pen is None:
        line = ndimage.binary_dilation(line, np.ones((2, 2)))
    else:
        line = ndimage.distance_transform_edt(~line) <= side * pen / 2
    height, width = line.shape
    sheet = np.full(SHEET, 255, np.uint8)
    top, left = (int(rng.integers(0, max(1, room_ - used + 1))) for room_, used in zip(SHEET, line.shape, strict=True))
    cut = line[: SHEET[0] - top, : SHEET[1] - left]
    sheet[top : top + height, left : left + width][cut] = 0
    return sheet


def strokes_of(digit: np.ndarray, side: float = 170, at: float = 55) -> list[list[tuple[float, float]]]:
    """A digit (28, 28) uint8 as strokes of a pen, each of two points (x, y): its middle line, `side` pixels long, that
    far from the sheet's corner."""
    rows, columns = np.nonzero(digit > 100)
    ink = Image.fromarray(digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    scale = side / max(ink.size)
    size = (max(1, round(ink.width * scale)), max(1, round(ink.height * scale)))
    line = skeletonize(np.pad(np.asarray(ink.resize(size, Image.Resampling.BICUBIC)) > 110, 1))
    points = [(int(x), int(y)) for y, x in np.argwhere(line)]
    steps = [(x, y, x + right, y + down) for x, y in points for right, down in ((1, 0), (0, 1), (1, 1), (-1, 1))]
    there = set(points)
    return [[(at + x, at + y), (at + to_x, at + to_y)] for x, y, to_x, to_y in steps if (to_x, to_y) in there]
