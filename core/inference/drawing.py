"""A drawing takes the data set's style: stroke width, size, place and softness as the model has learnt them.

Resizing the canvas, as usual demos do, makes a thin stroke a grey thread and leaves a small drawing in its corner; a
model that reads 99 % of its test set then fails on plain handwriting. Here the ink is measured and drawn again.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.datasets.drawing_style import DrawingStyle
from core.inference.ink import Drawing, Picture, as_image, find_drawing, read_drawing, shrunk
from core.inference.strokes import Floats, Mask, box, centre_line, depth, interpolation, slant

__all__ = ["find_drawing", "plain_resize", "read_drawing", "to_input", "with_left_out"]

WORK = 160  # pixels along the ink's longer side at which its strokes are measured
FINE = 224  # pixels along the image's longer side at which it is drawn, before averaging
STEPS = 0.15  # notches and steps are smoothed away up to this part of the stroke's width
STEP = 2.0  # and up to this many pixels, so that the hole of a thick 4 stays open
SHEAR = 0.7  # a drawing is set upright by at most this slope
FLAT = 1.5  # what is wider than this, over its height, has no slant
SQUEEZE = 0.5  # a drawing is made narrower by at most this factor
THREAD = 0.4  # where a stroke is lost by thinning, this part of the data set's stroke width remains
MARK = (217, 95, 2)  # RGB of what was left out of a picture; seen on white paper and on black
BLOB = 4.0  # a dot or blob, which has no length to scale by, is at most this many strokes wide before thinning


def to_input(ink: Floats, style: DrawingStyle) -> NDArray[np.uint8] | None:
    """`ink` (H, W), 0 to 1, drawn again as the images of a data set are: (style.height, style.width), or smaller where
    these are cut to their ink.

    Every stroke is thinned or thickened by the same amount, to a width that the data set has; what leans more or
    is wider than its drawings is set upright or narrowed as far as they are; the whole is scaled to their extent, put
    where they are put, and softened as their edges are. None where there is no ink.
    """
    mask = np.asarray(ink >= 0.5)
    if not mask.any():
        return None
    mask = _smooth(np.pad(_in_shape(_at_work_size(ink, mask), style), 8))
    line = centre_line(mask)
    half = float(np.median(line.radius))
    spans = np.array(mask[box(mask)].shape) - 2 * half  # of the centre line, which thinning leaves as it is
    room = np.minimum(style.extent, style.size)
    # A drawing of a thick pen is easier to read if it stays as thick as the thick drawings of the data set.
    stroke = float(np.clip(2 * half * (room / (spans + 2 * half)).min(), style.stroke, style.thickest))
    stroke = min(stroke, float(room.min()) / 2)  # a drawing is more than a blot, whatever was measured
    scale = min(float(((room - stroke) / np.maximum(spans, 1)).min()), BLOB * stroke / (2 * half))
    pen = stroke / 2 / scale  # half the stroke's new width, in pixels of the mask

    margin = max(0, round(pen - half)) + 4
    surface = depth(np.pad(mask, margin)) - (half - pen)
    # Thinning by one amount would tear a stroke where it is narrower than usual.
    threads = np.ones(surface.shape, bool)
    threads[tuple((line.points + margin).T)] = False
    surface = np.maximum(surface, THREAD * pen - ndimage.distance_transform_edt(threads))
    image = _painted(surface.astype(np.float32), scale, style)
    return image if style.margin is None else _cut(image, style, style.margin)


def _cut(image: NDArray[np.uint8], style: DrawingStyle, margin: float) -> NDArray[np.uint8]:
    """`image` (H, W) with `margin` pixels around its ink, as the data set's images are cut."""
    where = box(np.abs(image.astype(np.float32) - style.paper) >= style.peak / 2)
    room = round(margin)
    rows, columns = (slice(max(side.start - room, 0), side.stop + room) for side in where)
    return image[rows, columns]


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
    part = np.asarray(ink[where], np.float32)
    down, across = (interpolation(side, WORK / longer, pad=1) for side in part.shape)
    # A little under one half: between two pixels that touch at a corner, linear interpolation gives exactly that.
    return np.asarray(down @ part @ across.T > 0.45)


def _in_shape(mask: Mask, style: DrawingStyle) -> Mask:
    """`mask` as upright and as narrow as the data set's drawings are, if it is out of their range."""
    lean = float(slant(mask[None].astype(np.float32))[0])
    shear = float(np.clip(np.clip(lean, *style.slant) - lean, -SHEAR, SHEAR))
    height, width = mask.shape
    if width > FLAT * height:  # the slant of a dash means nothing
        shear = 0.0
    rows, columns = np.nonzero(mask)
    wide = float(np.ptp(columns + shear * rows)) + 1
    squeeze = max(min(1.0, style.widest * height / wide), SQUEEZE)
    if abs(shear) < 0.02 and squeeze > 0.98:
        return mask
    margin = round(abs(shear) * height / 2) + 3
    thick = ndimage.binary_dilation(np.pad(mask, ((3, 3), (margin, margin))))  # so that a thin line survives it
    matrix = np.array([[1, 0], [-shear, 1 / squeeze]])
    middle = (np.array(thick.shape) - 1) / 2
    moved = ndimage.affine_transform(thick.astype(np.float32), matrix, middle - matrix @ middle, order=1) > 0.45
    return np.asarray(moved[box(moved)])


def _smooth(mask: Mask) -> Mask:
    """`mask` without the notches and steps that would grow side branches on a centre line."""
    # In a long strip the mean distance to the paper is a quarter of the width.
    width = 4 * float(ndimage.distance_transform_edt(mask)[mask].mean())
    if width < 6:
        return mask
    smooth = np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), min(STEPS * width, STEP)) > 0.5)
    return smooth if smooth.any() else mask


def _painted(surface: Floats, scale: float, style: DrawingStyle) -> NDArray[np.uint8]:
    """The image of the ink that fills `surface` (H, W) where it is positive; its slope is 1, `scale` its size."""
    height, width = style.size
    fine = max(2, round(FINE / max(style.size)))
    if style.centred == "mass":
        middle = np.array(ndimage.center_of_mass(np.clip(surface + 0.5, 0, 1)))
    else:
        middle = np.array([(side.start + side.stop - 1) / 2 for side in box(surface > 0)])
    corners = np.array([[side.start - 0.5, side.stop - 0.5] for side in box(surface > 0)])
    # Never off the sheet: where the centre would push the ink over an edge, it is moved back.
    start, stop = ((corners[:, end] - middle) * scale for end in (0, 1))
    centre = np.clip(style.centre, np.minimum(-start, style.size), np.maximum(np.array(style.size) - stop, 0))
    ink = ndimage.affine_transform(
        surface,
        np.full(2, 1 / (scale * fine)),
        middle + (0.5 / fine - centre) / scale,
        (height * fine, width * fine),
        order=1,
        cval=float(surface.min()),
    )
    ink = np.clip(ink * scale * fine + 0.5, 0, 1)
    extra = max(0.0, style.blur**2 - 1 / 12) ** 0.5 * fine  # averaging over a pixel softens by 1/12 itself
    if extra > 0.5:
        ink = ndimage.gaussian_filter(ink, extra)
    small = ink.reshape(height, fine, width, fine).mean((1, 3))
    signed = small * (style.peak if style.light_on_dark else -style.peak)
    image: NDArray[np.uint8] = np.clip(np.rint(style.paper + signed), 0, 255).astype(np.uint8)
    return image


def plain_resize(picture: Picture, size: tuple[int, int], *, light_on_dark: bool = True) -> NDArray[np.uint8]:
    """What usual demos do with `picture` (see read_drawing): grey, resized whole to `size` (height, width), no more.

    Light and dark are swapped if the border is not as dark (`light_on_dark`) or as light as the data set's.
    """
    image = as_image(picture)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        seen = np.asarray(image.convert("L"))[np.asarray(image.getchannel("A")) >= 128]
        paper = "black" if seen.size and np.median(seen) > 127 else "white"  # so that the ink is seen at all
        image = Image.alpha_composite(Image.new("RGBA", image.size, paper), image)
    height, width = size
    grey = np.asarray(image.convert("L").resize((width, height), Image.Resampling.BILINEAR))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return grey.copy() if (np.median(border) < 127.5) == light_on_dark else 255 - grey


def with_left_out(picture: Picture, drawing: Drawing) -> NDArray[np.uint8]:
    """`picture` (H, W, 3) uint8 with what was left out of its `drawing` in colour; a large picture comes back shrunk,
    as `find_drawing` shrinks it."""
    image = as_image(picture)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    shown = np.array(shrunk(image.convert("RGB")))
    for mask in drawing.left_out.values():
        shown[mask] = MARK
    return shown
