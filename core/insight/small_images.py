"""Images of any size and colour as small grey ones, which can be compared with each other."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.prepared.arrays import Prepared

GREY = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue (ITU-R 601)


def small_images(prepared: Prepared, indices: NDArray[np.int64], side: int) -> NDArray[np.uint8]:
    """(n, h, w): those of a set with one size of at most `side` pixels as they are; all others brought to `side` ×
    `side` by the mean of what a pixel covers, their proportions lost."""
    size = prepared.meta.size
    if size and max(size) <= side:
        chosen = prepared.array[indices]
        return chosen[..., 0] if chosen.shape[3] == 1 else np.rint(chosen @ GREY).astype(np.uint8)
    found = np.empty((len(indices), side, side), np.uint8)
    for place, index in enumerate(indices):
        image = prepared.image(int(index))
        picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image)).convert("L")
        found[place] = np.asarray(picture.resize((side, side), Image.Resampling.BOX))
    return found
