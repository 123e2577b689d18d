"""A picture of a drawing → its ink: which pixels were drawn, whatever the pen, the paper and the light."""

from collections.abc import Container
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.datasets.drawing_style import FRAME, SEVERAL, UNDERLINE
from core.errors import BadInput
from core.inference.paper import FAR, paper
from core.inference.paper_lines import rules
from core.inference.pieces import belonging
from core.inference.strokes import Floats, Mask, box, grown
from core.inference.surroundings import frame_round, underline
from core.locale import N_, translate

MAX_SIDE_PX = 1600  # pixels; larger pictures are shrunk by a whole factor first, which keeps a huge scan quick
# On a smaller picture the lines of narrow squares lie so near each other that a search in its own pixels takes them for
# strokes: lines are then looked for in twice as many.
SMALL_SIDE_PX, ENLARGED = 200, 2
FAINTEST = 24.0  # grey levels: what differs less from its paper is no ink
FAINTEST_RULE = 10.0  # grey levels: a line from side to side is seen even where a stroke so faint would not be
NOISE = 5.0  # ink differs from its paper by more than this many standard deviations of the paper's noise
RULES = "rules"  # a kind of lines that are not the drawing, beside FRAME and UNDERLINE
TITLES = {
    RULES: N_("lines of the paper"),
    FRAME: N_("the frame round the drawing"),
    UNDERLINE: N_("the line under the drawing"),
}

Picture = Image.Image | NDArray[np.uint8]


class Drawing(NamedTuple):
    """What was found on a picture."""

    ink: Floats  # (H, W): 0 paper, 1 the pen's full strength; zeros where nothing is drawn
    left_out: dict[str, Mask]  # (H, W) each, by kind (RULES, FRAME, UNDERLINE): ink that is not the drawing's
    signs: int  # how many signs stand apart from each other; a model answers one

    def left_out_in_words(self) -> str:
        """What was left out, as a list in words; empty where nothing was."""
        return ", ".join(translate(TITLES[kind]) for kind in TITLES if kind in self.left_out)


def find_drawing(picture: Picture, own: Container[str] = ()) -> Drawing:
    """The drawing on `picture`, and what beside it was taken for the paper's lines, for a frame, for a line under it.

    `picture` is a Pillow image of any mode, or uint8 of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), the last
    with alpha. Pen and paper may have any colour: paper is what fills the border or most of the picture. Paper
    may be unevenly lit and noisy; what is far too small or far away to belong to the drawing is left out.
    A picture longer than 1,600 pixels is shrunk by a whole factor. `own` names kinds that drawings of this data set
    have themselves (see `DrawingStyle.own`): these stay, and SEVERAL among them counts every drawing as one sign.

    Raises BadInput for an array of another shape or type, and for a picture without pixels.
    """
    planes, alpha = _planes(picture)
    if alpha is not None:
        if _is_cut_out(planes, alpha):
            return _drawing(alpha * np.float32(1 / 255), {}, own)
        # Paper cut to a shape: what surrounds it becomes more of the same paper.
        tone: Floats = np.median(planes[:, alpha >= 128], 1)[:, None, None]
        planes = tone + (planes - tone) * (alpha * np.float32(1 / 255))
    if max(planes.shape[1:]) < SMALL_SIDE_PX:
        large = _on_paper(_enlarged(planes), own)
        if RULES in large.left_out:
            return _reduced(large)
    return _on_paper(planes, own)


def _enlarged(planes: Floats) -> Floats:
    """The channels (C, H, W) at `ENLARGED` times their size."""
    size = planes.shape[2] * ENLARGED, planes.shape[1] * ENLARGED
    bands = [Image.fromarray(band).resize(size, Image.Resampling.BICUBIC) for band in planes]
    return np.clip(np.stack([np.asarray(band, np.float32) for band in bands]), 0, 255)


def _reduced(drawing: Drawing) -> Drawing:
    """What was found on an enlarged picture, in the pixels of the picture itself."""
    height, width = (side // ENLARGED for side in drawing.ink.shape)

    def blocks(array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(height, ENLARGED, width, ENLARGED)

    left_out = {kind: np.asarray(blocks(mask).any((1, 3))) for kind, mask in drawing.left_out.items()}
    return Drawing(blocks(drawing.ink).mean((1, 3), dtype=np.float32), left_out, drawing.signs)


def _on_paper(planes: Floats, own: Container[str]) -> Drawing:
    """What is drawn on opaque paper, whose channels are `planes` (C, H, W)."""
    away = planes - paper(planes)
    noise = _noise(away)
    distance = _distance(away)
    least = max(FAINTEST, NOISE * noise)
    if distance.max() < least:
        return Drawing(np.zeros(distance.shape, np.float32), {}, 0)
    left_out: dict[str, Mask] = {}
    if FRAME not in own:  # before the rules: its long sides would be taken for them
        left_out[FRAME] = frame_round(distance >= least)
        distance[grown(left_out[FRAME])] = 0
    left_out[RULES] = rules(away, distance >= max(FAINTEST_RULE, NOISE * noise))
    distance[left_out[RULES]] = 0
    level = _full_strength(distance, least)
    ink = np.minimum(distance * np.float32(1 / level), 1)
    ink[distance < min(least, level / 2)] = 0
    return _drawing(ink, left_out, own)


def read_drawing(picture: Picture) -> Floats:
    """The ink of `find_drawing` alone."""
    return find_drawing(picture).ink


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


def shrunk(image: Image.Image) -> Image.Image:
    """`image` in the pixels that ink is looked for in: one of more than 1,600 is made smaller by a whole factor."""
    factor = -(-max(image.size) // MAX_SIDE_PX)
    return image.reduce(factor) if factor > 1 else image


def _planes(picture: Picture) -> tuple[Floats, NDArray[np.uint8] | None]:
    """The colour channels (1 or 3, H, W), 0 to 255, and alpha (H, W) unless all is equally opaque."""
    image = as_image(picture)
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    bands = [np.asarray(band) for band in shrunk(image).split()]
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


def _noise(away: Floats) -> float:
    """The standard deviation of the paper's own noise, from its median, which ink that covers most of it would be."""
    amount = np.abs(away[:, :: _sparse(away, 1), :: _sparse(away, 2)]).max(0)
    near = amount[amount < FAR]
    return 1.4826 * float(np.median(near)) if len(near) else 0.0


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
    middle = part[(part >= least) & (part >= ndimage.maximum_filter(part, 3))]
    # Weighted by strength: many faint places, of lines on the paper or of dirt, do not outvote the pen.
    return float(np.quantile(middle, 0.5, weights=middle**2, method="inverted_cdf"))


def _drawing(ink: Floats, left_out: dict[str, Mask], own: Container[str]) -> Drawing:
    """What of `ink` (H, W) belongs to the drawing, without a frame, a line under it, dust and scraps."""
    solid = ink >= 0.5
    for kind, find in ((FRAME, frame_round), (UNDERLINE, underline)):
        if kind not in own and (found := find(solid)).any():
            left_out[kind] = left_out.get(kind, np.zeros_like(found)) | found
            solid &= ~found
            # Its soft rim goes with it.
            ink = np.where(grown(found) & ~solid, np.float32(0), ink)
    ink, signs = belonging(ink)
    return Drawing(ink, {kind: mask for kind, mask in left_out.items() if mask.any()}, 1 if SEVERAL in own else signs)
