"""A picture that is an image of the data set, enlarged: it fills its sheet as the training images do. Nothing on it is
paper's grain, uneven light or a line of the paper, which the blur of the enlargement would be taken for."""

import numpy as np
from PIL import Image

from core.datasets.drawing_style import SEVERAL, DrawingStyle
from core.inference.ink import Drawing, Picture, as_image, find_drawing
from core.inference.pieces import belonging
from core.inference.strokes import Floats, box

PLAIN = 12.0  # grey levels: what differs less from the training images' paper is such paper, after an enlargement
PLAIN_SHARE = 0.15  # of the picture: as much of it is paper
FULL = 0.75  # of the training images' ink: the strongest of it is as strong
ROOM = 0.06  # of the longer side: how far the ink's length and place may be from those of the training images
LEAST_ROOM = 1.0  # pixels of a training image


def drawing_on(picture: Picture, style: DrawingStyle) -> Drawing:
    """What is drawn on `picture`, for a model that has learnt from drawings of this style; as `find_drawing`."""
    found = enlarged_ink(picture, style)
    if found is None:
        return find_drawing(picture, style.own)
    ink, signs = belonging(found)
    return Drawing(ink, {}, 1 if SEVERAL in style.own else signs)


def enlarged_ink(picture: Picture, style: DrawingStyle) -> Floats | None:
    """The ink (H, W), 0 to 1, of a picture that is an image as `style` says, at least twice as large, light and dark
    perhaps swapped; None for any other."""
    image = as_image(picture)
    (height, width), (wide, high) = style.size, image.size
    even = abs(wide * height - high * width) <= max(wide, high)  # the same shape, up to a pixel
    if style.margin is not None or image.has_transparency_data or not even or high < 2 * height:
        return None
    grey = image.convert("L")
    small = np.asarray(grey.resize((width, height), Image.Resampling.BOX), np.float32)
    inks = [(swapped, _strength(abs(255 * swapped - small), style)) for swapped in (False, True)]
    found = [(float(np.clip(ink, 0, 1).mean()), swapped) for swapped, ink in inks if fits(ink, style)]
    if not found:
        return None
    _, swapped = min(found)  # ink covers less than its paper
    return np.clip(_strength(abs(255 * swapped - np.asarray(grey, np.float32)), style), 0, 1)


def _strength(grey: Floats, style: DrawingStyle) -> Floats:
    """Grey levels (H, W) as parts of the training images' ink: 0 is their paper."""
    return np.asarray((grey - style.paper) / np.float32(style.ink), np.float32)


def fits(ink: Floats, style: DrawingStyle) -> bool:
    """Whether `ink` (H, W), in the size of a training image, is as long and lies where their ink is and does."""
    plain = PLAIN / style.peak
    if ink.max() < FULL or (ink < -plain).any() or (ink <= plain).mean() < PLAIN_SHARE:
        return False
    rows, columns = box(ink >= 0.5)
    room = max(LEAST_ROOM, ROOM * max(style.size))
    if abs(max(rows.stop - rows.start, columns.stop - columns.start) - style.extent) > room:
        return False
    middle = np.array([rows.start + rows.stop, columns.start + columns.stop]) / 2
    if style.centred == "mass":
        places = np.indices(ink.shape).reshape(2, -1) + 0.5
        middle = np.average(places, axis=1, weights=np.clip(ink, 0, 1).ravel())
    return bool((np.abs(middle - style.centre) <= room).all())
