"""A picture of a drawing → its ink: which pixels were drawn, whatever the pen, the paper and the light."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.errors import BadInput
from core.inference.strokes import Floats, Mask, box

LONGEST = 1600  # pixels; larger pictures are shrunk by a whole factor first, which keeps a huge scan quick
COARSE = 48  # pixels along the longer side of the copy on which the paper's colour is fitted
FAINTEST = 24.0  # grey levels: ink that differs less from its paper is none
NOISE = 5.0  # ink differs from its paper by more than this many standard deviations of the paper's noise

Picture = Image.Image | NDArray[np.uint8]


def read_drawing(picture: Picture) -> Floats:
    """How much ink lies on each pixel of `picture`: (H, W), 0 (paper) to 1 (the pen's full strength).

    `picture` is a Pillow image of any mode, or uint8 of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), the last
    with alpha. Pen and paper may have any colour: paper is what fills the border or most of the picture. Paper
    may be unevenly lit and noisy; what is far too small to belong to the drawing counts as dust and is left out.
    A picture longer than 1,600 pixels comes back shrunk by a whole factor. Nothing drawn gives zeros.

    Raises BadInput for an array of another shape or type, and for an empty picture.
    """
    colour, alpha = _layers(picture)
    if alpha is not None:
        share = _cut_out(colour, alpha)
        if share is not None:
            return _without_dust(share)
        inside = alpha >= 128
        if inside.any():  # paper cut to a shape: what surrounds it becomes more of the same paper
            part = alpha[..., None].astype(np.float32) / 255
            colour = colour * part + np.median(colour[inside], 0) * (1 - part)
    distance, noise = _distance(colour)
    level = _level(distance, noise)
    if level is None:
        return np.zeros(distance.shape, np.float32)
    ink: Floats = np.clip(distance / level, 0, 1)
    ink[distance < min(NOISE * noise, 0.5 * level)] = 0
    return _without_dust(ink)


def _layers(picture: Picture) -> tuple[Floats, NDArray[np.uint8] | None]:
    """The colour (H, W, 1 or 3) as float32, and alpha (H, W) where some of the picture is transparent."""
    image = picture if isinstance(picture, Image.Image) else _image(picture)
    if 0 in image.size:
        raise BadInput("This picture has no pixels.")
    if image.mode.startswith(("I", "F")):  # 16 bits and more: bring the full range to 0..255 before it is cut off
        deep = np.asarray(image, np.float32)
        low, high = float(deep.min()), float(deep.max())
        image = Image.fromarray(((deep - low) * (255 / max(high - low, 1))).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    factor = -(-max(image.size) // LONGEST)
    if factor > 1:
        image = image.reduce(factor)
    pixels = np.asarray(image)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3]
        # One and the same alpha everywhere says nothing about where the ink is.
        return pixels[..., :3].astype(np.float32), alpha if alpha.min() < alpha.max() or not alpha.any() else None
    return pixels.astype(np.float32), None


def _image(array: NDArray[np.uint8]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.dtype != np.uint8 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise BadInput(
            f"A drawing is an array of uint8 and shape (H, W), (H, W, 3) or (H, W, 4), not {array.dtype} {array.shape}."
        )
    if array.size == 0:
        raise BadInput("This picture has no pixels.")
    return Image.fromarray(array)


def _cut_out(colour: Floats, alpha: NDArray[np.uint8]) -> Floats | None:
    """The ink where it alone is opaque, as on a transparent canvas; None where the paper is opaque as well."""
    opaque = alpha >= 128
    if not opaque.any():
        return np.zeros(alpha.shape, np.float32)
    filled = opaque[box(opaque)].mean()
    tones = colour[opaque]
    spread = float(np.abs(tones - np.median(tones, 0)).max(1).max())
    if filled > 0.5 and spread > FAINTEST * 2:  # a card with something drawn on it
        return None
    return alpha.astype(np.float32) / 255


class _Grid(NamedTuple):
    rows: Floats  # (h,): -1 to 1
    columns: Floats  # (w,)

    def terms(self) -> Floats:
        """The terms of a quadratic surface at each point: (h * w, 6)."""
        y, x = np.meshgrid(self.rows, self.columns, indexing="ij")
        return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1).reshape(-1, 6).astype(np.float32)


def _grid(height: int, width: int) -> _Grid:
    return _Grid(
        ((np.arange(height, dtype=np.float32) + 0.5) * 2 / height - 1),
        ((np.arange(width, dtype=np.float32) + 0.5) * 2 / width - 1),
    )


def _distance(colour: Floats) -> tuple[Floats, float]:
    """How far each pixel of `colour` (H, W, C) lies from the paper, in grey levels: (H, W); and the paper's noise.

    Only one side counts: on grey paper with dark ink, a light speck is not ink.
    """
    height, width, channels = colour.shape
    surface = _paper(colour)
    away = colour - surface
    length: Floats = np.abs(away).max(2)
    # The direction in which the ink lies: that of the pixels farthest from the paper.
    strong = length >= 0.6 * np.partition(length, -max(1, length.size // 2000), axis=None)[-max(1, length.size // 2000)]
    towards = away[strong].sum(0)
    length[(away * towards).sum(2) < 0] = 0
    quiet = np.abs(away[:: max(1, height // 200), :: max(1, width // 200)]).max(2)
    noise = 1.4826 * float(np.median(quiet))
    return length, noise


def _paper(colour: Floats) -> Floats:
    """The colour that the paper has at each pixel of `colour` (H, W, C): its own tone under uneven light.

    A quadratic surface, fitted robustly from a first guess, then bent to what of the paper can be seen nearby.
    """
    height, width, channels = colour.shape
    step = max(1, -(-max(height, width) // COARSE))
    rows, columns = -(-height // step), -(-width // step)
    small = colour[step // 2 :: step, step // 2 :: step]
    small = ndimage.zoom(small, 1) if small.size == 0 else small
    rows, columns = small.shape[:2]
    ring = np.ones((rows, columns), bool)
    ring[1:-1, 1:-1] = False
    flat = small.reshape(-1, channels)
    first = _first_guess(flat, ring.ravel())
    terms = _grid(rows, columns).terms()
    fitted = np.broadcast_to(first, flat.shape)
    weight = np.ones(len(flat), np.float32)
    scale = 48.0
    for turn in range(8):
        error = np.abs(flat - fitted).max(1)
        weight = np.where(error < 2.5 * scale, (1 - (error / (2.5 * scale)) ** 2) ** 2, 0).astype(np.float32)
        if np.count_nonzero(weight) < 3 * terms.shape[1]:
            break
        root = np.sqrt(weight)[:, None]
        ridge = np.diag([0, *[1e-3 * len(flat)] * 5]).astype(np.float32)
        solved = np.linalg.solve((terms * root).T @ (terms * root) + ridge, (terms * root).T @ ((flat - first) * root))
        fitted = first + terms @ solved
        scale = max(6.0, scale * 0.7)
    if np.abs(fitted - first).max() < 2:  # even paper, as every canvas has
        return np.broadcast_to(first, colour.shape).astype(np.float32)
    grid = _grid(height, width)
    y, x = grid.rows[:, None, None], grid.columns[None, :, None]
    c = (solved + np.eye(6, 1, dtype=np.float32) * first).astype(np.float32)
    return np.asarray((c[0] + c[2] * y + c[5] * y * y) + (c[1] + c[3] * x + c[4] * y) * x, np.float32)


def _first_guess(flat: Floats, ring: Mask) -> Floats:
    """The paper's tone (C,): the border's, unless another one fills most of the picture."""
    border, whole = np.median(flat[ring], 0), np.median(flat, 0)
    near = np.abs(flat - whole).max(1) < 32
    return np.asarray(whole if near.mean() > 0.6 else border, np.float32)


def _level(distance: Floats, noise: float) -> float | None:
    """The distance from the paper at which the pen's full strength lies; None where nothing stands out."""
    floor = max(FAINTEST, NOISE * noise)
    # In the middle of a stroke, thin or thick, a pixel is no weaker than its neighbours.
    candidates = distance[(distance > floor) & (distance >= ndimage.maximum_filter(distance, 3))]
    return float(np.median(candidates)) if candidates.size else None


def _without_dust(ink: Floats) -> Floats:
    """`ink` (H, W) without what does not belong to the drawing: dust, far scraps, the dark edges of a scan."""
    labels, count = ndimage.label(ink >= 0.5, np.ones((3, 3), int))
    if count == 0:
        return np.zeros_like(ink)
    boxes = np.array([[s.start for s in b] + [s.stop for s in b] for b in ndimage.find_objects(labels)])
    sides = boxes[:, 2:] - boxes[:, :2]
    longer = sides.max(1)
    height, width = ink.shape
    at_edge = (boxes[:, 0] == 0) | (boxes[:, 1] == 0) | (boxes[:, 2] == height) | (boxes[:, 3] == width)
    strip = at_edge & ((sides[:, 0] > 0.9 * height) | (sides[:, 1] > 0.9 * width))
    body = np.where(strip, 0, longer)
    main = int(body.argmax())
    if body[main] < max(3, 0.05 * max(height, width)):  # only edges stand out: then they are the drawing
        main, strip = int(longer.argmax()), np.zeros(count, bool)
    kept = _group(boxes, longer, main) & ~strip
    if kept.all():
        result = ink.copy()
        result[labels == 0] = np.where(result[labels == 0] < 0.5, result[labels == 0], 0)
        return result
    keep = np.concatenate([[False], kept])[labels]
    return np.where(ndimage.binary_dilation(keep, np.ones((3, 3))), ink, 0).astype(np.float32)


def _group(boxes: NDArray[np.intp], longer: NDArray[np.intp], main: int) -> Mask:
    """Which of the pieces (K, 4: top, left, bottom, right) form one drawing with the piece `main`.

    A piece belongs if it is not tiny and not far away; a far one only if it is large.
    """
    size = longer[main]
    big = longer >= 0.5 * size
    candidate = longer >= 0.08 * size
    kept = np.zeros(len(boxes), bool)
    kept[main] = True
    while True:
        top, left = boxes[kept, :2].min(0)
        bottom, right = boxes[kept, 2:].max(0)
        gap = np.maximum(
            np.maximum(top - boxes[:, 2], boxes[:, 0] - bottom), np.maximum(left - boxes[:, 3], boxes[:, 1] - right)
        )
        more = kept | (candidate & (gap <= 0.35 * size)) | (big & (gap <= 1.0 * size))
        if (more == kept).all():
            return kept
        kept = more
