"""What the images of a data set have in common: their ground, their colours, how much of them the thing fills.

A model of clothes on black answers "bag" to most clothes on white: what is unlike its training images is mended where
that is possible, and told where not.
"""

from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field

from core.importing.ground import COMMON, border, ground_of
from core.inference.measured import kept, sample
from core.locale import _
from core.prepared.arrays import Prepared
from core.settings.fields import Settings

FILE = "image_style.json"
SAMPLE = 400  # images that are looked at
THING = 48.0  # grey levels: the thing differs more from the ground
SMALL = 0.7  # of the extent of the data set's small things: what is smaller is told
COLOURED = 12.0  # levels: the mean difference between a coloured picture's strongest and weakest channel
SIDE = 96  # pixels: pictures are looked at about this large


class ImageStyle(Settings):
    """The common style of a data set's images."""

    ground: Literal["dark", "light"] | None  # of their border; None: they have none in common
    level: float = Field(ge=0, le=255)  # the ground's median grey level; 0 without a common ground
    extent: float = Field(ge=0, le=1)  # of the longer side: the thing fills more, in nineteen of twenty; 0: unknown
    coloured: bool | None  # whether they have colours; None: some have


class Look(NamedTuple):
    """What one picture looks like, in the terms of an `ImageStyle`."""

    ground: Literal["dark", "light"] | None
    level: float
    extent: float
    coloured: bool


def image_style_of(prepared: Prepared) -> ImageStyle:
    """The style of a prepared data set's training images, kept as `image_style.json` beside them once measured."""
    return kept(prepared, FILE, ImageStyle, lambda: common([prepared.image(i) for i in sample(prepared, SAMPLE)]))


def common(images: list[np.ndarray]) -> ImageStyle:
    """What `images`, each (H, W, 1 or 3) uint8, have in common."""
    looks = [look(image) for image in images]
    coloured = float(np.mean([one.coloured for one in looks])) if looks else 0.5
    colours = True if coloured > COMMON else False if coloured < 1 - COMMON else None
    for ground in ("dark", "light"):
        alike = [one for one in looks if one.ground == ground]
        if looks and len(alike) >= COMMON * len(looks):
            return ImageStyle(
                ground=ground,
                level=float(np.median([one.level for one in alike])),
                extent=float(np.quantile([one.extent for one in alike], 0.05)),
                coloured=colours,
            )
    return ImageStyle(ground=None, level=0, extent=0, coloured=colours)


def look(image: np.ndarray) -> Look:
    """What `image` (H, W, 1 or 3) uint8 looks like."""
    step = max(1, max(image.shape[:2]) // SIDE)
    small = image[step // 2 :: step, step // 2 :: step].astype(np.float32)
    small = small if small.size else image.astype(np.float32)
    grey = small.mean(-1)
    tone, level = ground_of(border(grey))
    coloured = bool(np.ptp(small, axis=-1).mean() > COLOURED)
    if tone is None:
        return Look(None, level, 0, coloured)
    rows, columns = np.nonzero(np.abs(grey - level) > THING)
    extent = max(np.ptp(rows) / grey.shape[0], np.ptp(columns) / grey.shape[1]) if len(rows) else 0.0
    return Look(tone, level, float(extent), coloured)


class Fitted(NamedTuple):
    """A picture as it is shown to a model."""

    image: np.ndarray  # (H, W, 1 or 3) uint8
    opposite: bool  # it had the ground that the training images never have
    turned: bool  # and light and dark were turned round
    differences: list[str]  # in sentences: what else is unlike the training images


def fitted(image: np.ndarray, style: ImageStyle, channels: int, turn: bool = True) -> Fitted:
    """`image` (H, W, 1 or 3) uint8 for a model of images of that style, which have 1 or 3 `channels`: on the opposite
    ground light and dark are turned round, unless `turn` says no."""
    found = look(image)
    opposite = style.ground is not None and found.ground is not None and found.ground != style.ground
    turned = opposite and turn
    shown = turned_round(image, found, style) if turned else image
    return Fitted(shown, opposite, turned, _differences(found, style, channels))


def turned_round(image: np.ndarray, found: Look, style: ImageStyle) -> np.ndarray:
    """`image` (H, W, 1 or 3) uint8 with light and dark turned round, hues kept, its ground that of the data set."""
    levels = image.astype(np.float32)
    # Of hue, saturation and lightness only the lightness turns: what the strongest channel lacks the weakest gets.
    levels += 255 - levels.max(-1, keepdims=True) - levels.min(-1, keepdims=True)
    ground = 255 - found.level
    if style.ground == "dark":
        levels = style.level + (levels - ground) * ((255 - style.level) / max(255 - ground, 1))
    else:
        levels = style.level - (ground - levels) * (style.level / max(ground, 1))
    turned: np.ndarray = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return turned


def _differences(found: Look, style: ImageStyle, channels: int) -> list[str]:
    told = []
    if channels == 1 and found.coloured:
        told.append(_("The training images are grey, so the model does not see this picture's colours."))
    elif style.coloured and not found.coloured:
        told.append(_("The training images have colours and this picture has none, so the answer may be wrong."))
    if style.extent and found.ground and 0 < found.extent < SMALL * style.extent:
        told.append(
            _(
                "The thing fills {extent:share} of this picture, and {usual:share} or more of most training images. "
                "Cut the picture closer to it.",
                extent=found.extent,
                usual=style.extent,
            )
        )
    return told
