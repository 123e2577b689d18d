"""A picture of a drawing → its ink: which pixels were drawn, whatever the pen, the paper and the light."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.errors import BadInput
from core.inference.paper import paper
from core.inference.strokes import Floats, Mask, box

MAX_SIDE_PX = 1600  # pixels; larger pictures are shrunk by a whole factor first, which keeps a huge scan quick
FAINTEST = 24.0  # grey levels: what differs less from its paper is no ink
NOISE = 5.0  # ink differs from its paper by more than this many standard deviations of the paper's noise
SPECK = 0.01  # a drawing whose longest piece is shorter than this part of the sheet is dust on an empty one
TINY = 0.08  # a piece shorter than this part of the longest one is dust
NEARBY = 0.35  # a piece belongs to the drawing up to this distance from it, in lengths of the longest piece
WHOLE = 0.9  # a piece at the edge that is as long as this part of a side is the edge of a scan, or a shadow
EIGHT = np.ones((3, 3), bool)  # pixels that touch at a corner belong together

Picture = Image.Image | NDArray[np.uint8]


def read_drawing(picture: Picture) -> Floats:
    """How much ink lies on each pixel of `picture`: (H, W), 0 (paper) to 1 (the pen's full strength).

    `picture` is a Pillow image of any mode, or uint8 of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), the last
    with alpha. Pen and paper may have any colour: paper is what fills the border or most of the picture. Paper
    may be unevenly lit and noisy; what is far too small or far away to belong to the drawing is left out.
    A picture longer than 1,600 pixels comes back shrunk by a whole factor. Nothing drawn gives zeros.

    Raises BadInput for an array of another shape or type, and for a picture without pixels.
    """
    planes, alpha = _planes(picture)
    if alpha is not None:
        if _is_cut_out(planes, alpha):
            return _drawing(alpha * np.float32(1 / 255))
        # Paper cut to a shape: what surrounds it becomes more of the same paper.
        tone: Floats = np.median(planes[:, alpha >= 128], 1)[:, None, None]
        planes = tone + (planes - tone) * (alpha * np.float32(1 / 255))
    away = planes - paper(planes)
    noise = 1.4826 * float(np.median(np.abs(away[:, :: _sparse(away, 1), :: _sparse(away, 2)]).max(0)))
    distance = _distance(away)
    least = max(FAINTEST, NOISE * noise)
    if distance.max() < least:
        return np.zeros(distance.shape, np.float32)
    level = _full_strength(distance, least)
    ink = np.minimum(distance * np.float32(1 / level), 1)
    ink[distance < min(least, level / 2)] = 0
    return _drawing(ink)


def as_image(picture: Picture) -> Image.Image:
    """`picture` as a Pillow image whose channels have 8 bits; BadInput as described for `read_drawing`."""
    if isinstance(picture, Image.Image):
        image = picture
    else:
        array = picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
        if array.dtype != np.uint8 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
            shape = " × ".join(str(side) for side in array.shape)
            raise BadInput(
                "This is not a picture: an array of {shape} {dtype}, where H × W, H × W × 3 or H × W × 4 of "
                "uint8 is wanted.",
                shape=shape,
                dtype=array.dtype,
            )
        if array.size:
            image = Image.fromarray(np.ascontiguousarray(array))
    if 0 in (image.size if isinstance(picture, Image.Image) else picture.shape):
        raise BadInput("This picture has no pixels. Choose another one.")
    if image.mode.startswith(("I", "F")):  # converting would cut off at 255 instead of rescaling
        deep = np.asarray(image, np.float32)
        low, high = float(deep.min()), float(deep.max())
        image = Image.fromarray(((deep - low) * (255 / max(high - low, 1e-6))).astype(np.uint8))
    return image


def _planes(picture: Picture) -> tuple[Floats, NDArray[np.uint8] | None]:
    """The colour channels (1 or 3, H, W), 0 to 255, and alpha (H, W) unless all is equally opaque."""
    image = as_image(picture)
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    factor = -(-max(image.size) // MAX_SIDE_PX)
    if factor > 1:
        image = image.reduce(factor)
    bands = [np.asarray(band) for band in image.split()]
    alpha = bands.pop() if image.mode == "RGBA" else None
    if alpha is not None and 0 < alpha.min() == alpha.max():
        alpha = None
    if all((band == bands[0]).all() for band in bands[1:]):
        bands = bands[:1]
    return np.stack(bands).astype(np.float32), alpha


def _is_cut_out(planes: Floats, alpha: NDArray[np.uint8]) -> bool:
    """Whether the ink alone is opaque, as on a transparent canvas, and not the paper as well, as on a card."""
    opaque = alpha >= 128
    if not opaque.any():
        return True
    tones = planes[:, opaque]
    several = np.abs(tones - np.median(tones, 1)[:, None]).max() > 2 * FAINTEST
    return not (several and opaque[box(opaque)].mean() > 0.5)


def _sparse(array: Floats, axis: int) -> int:
    """The step that leaves about 200 places of an axis: enough for a median."""
    return max(1, int(array.shape[axis]) // 200)


def _distance(away: Floats) -> Floats:
    """How far each pixel lies from the paper in the direction of the ink: (C, H, W) differences → (H, W).

    Only one side counts: on grey paper with dark ink, a light speck or a reflection is not ink.
    """
    length: Floats = np.abs(away).max(0)
    # The ink's direction is that of most pixels far from the paper; specks may be farther, but are fewer.
    far = length > 0.5 * float(length.max())
    towards = away[:, far].sum(1)
    length[np.tensordot(towards, away, 1) < 0] = 0
    return length


def _full_strength(distance: Floats, least: float) -> float:
    """The distance from the paper at which the pen's full strength lies."""
    strong = distance >= least
    part = distance[box(strong)]
    # In the middle of a stroke, thin or thick, a pixel is no weaker than its neighbours.
    middle = (part >= least) & (part >= ndimage.maximum_filter(part, 3))
    return float(np.median(part[middle]))


def _drawing(ink: Floats) -> Floats:
    """`ink` (H, W) without what does not belong to the drawing: dust, far scraps, the dark edges of a scan."""
    labels, count = ndimage.label(ink >= 0.5, EIGHT)
    if count == 0:
        return np.zeros_like(ink)
    ends = np.array([[(side.start, side.stop) for side in piece] for piece in ndimage.find_objects(labels)])
    first, last = ends[..., 0], ends[..., 1]  # (pieces, 2): row, column
    sides = last - first
    edging = ((first == 0) | (last == ink.shape)).any(1) & (sides >= WHOLE * np.array(ink.shape)).any(1)
    length = sides.max(1)
    if length.max() < SPECK * max(ink.shape):
        return np.zeros_like(ink)
    if length[~edging].max(initial=0) < max(3, TINY * max(ink.shape) / 2):
        edging[:] = False  # there is nothing else: the drawing fills the sheet
    kept = _together(first, last, np.where(edging, 0, length))
    if kept.all():
        return ink
    # The soft rim of what is kept stays, that of what is dropped goes.
    keep = np.concatenate([[False], kept])[labels]
    return np.where(ndimage.binary_dilation(keep, EIGHT), ink, np.float32(0))


def _together(first: NDArray[np.intp], last: NDArray[np.intp], length: NDArray[np.intp]) -> Mask:
    """Which pieces, each from `first` to `last` (K, 2), form one drawing with the longest: those near and not tiny."""
    longest = int(length.max())
    kept: Mask = length == longest
    kept[np.flatnonzero(kept)[1:]] = False
    reach = np.where(length >= longest / 2, 1.0, np.where(length >= TINY * longest, NEARBY, -1.0)) * longest
    while True:
        start, stop = first[kept].min(0), last[kept].max(0)
        gap = np.maximum(start - last, first - stop).max(1)
        more: Mask = kept | ((gap <= reach) & (length > 0))
        if (more == kept).all():
            return kept
        kept = more
