"""A map of what speaks for and against a class, laid over its image."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

# For and against: a contrast of 3:1 on black, on white and on each other's ground is not to be had, so they differ in
# light, too: the colour-blind see one lighter than the other.
FOR, AGAINST = (255, 92, 40), (40, 116, 255)  # RGB
OUTLIERS = 0.005  # share of the strongest pixels that count as strong as the next: single ones would hide the others
PANEL_PX = 336  # height of each of the two pictures in a file, in pixels, where the image itself is smaller
GAP_PX = 8  # between them


def scale_of(*maps: NDArray[np.float32]) -> float:
    """The value that has the full colour in all of these maps; 0 where they are all 0."""
    strengths = np.concatenate([np.abs(one).ravel() for one in maps])
    found = float(np.quantile(strengths, 1 - OUTLIERS))
    return found or float(strengths.max(initial=0))


def overlay(
    image: NDArray[np.uint8], values: NDArray[np.float32], strength: float, scale: float | None = None
) -> NDArray[np.uint8]:
    """An image (H, W, 1 or 3) with its map (H, W) in colour over it: (H, W, 3). `strength` is the share of colour at
    the value `scale`, or at the map's own."""
    scale = scale_of(values) if scale is None else scale
    share = np.clip(np.abs(values) / scale, 0, 1) if scale else np.zeros_like(values)
    cover = (strength * share)[..., None]
    colours = np.where((values > 0)[..., None], np.array(FOR), np.array(AGAINST))
    ground = np.broadcast_to(image, (*image.shape[:2], 3))
    mixed: NDArray[np.uint8] = np.round(ground * (1 - cover) + colours * cover).astype(np.uint8)
    return mixed


def side_by_side(*pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures of one size, each (H, W, 1 or 3), in a row; enlarged in whole steps where they are small."""
    height, width = pictures[0].shape[:2]
    times = max(1, -(-PANEL_PX // height))
    gap = np.full((height * times, GAP_PX, 3), 255, np.uint8)
    row: list[NDArray[np.uint8]] = []
    for one in pictures:
        row += [gap, np.broadcast_to(one, (height, width, 3)).repeat(times, 0).repeat(times, 1)]
    return np.concatenate(row[1:], axis=1)


def png(picture: NDArray[np.uint8], **texts: str) -> bytes:
    """(H, W, 3) as a PNG, which says of itself what it shows."""
    info, buffer = PngInfo(), io.BytesIO()
    for name, text in texts.items():
        info.add_itxt(name, text)
    Image.fromarray(picture).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()
