"""Images as PNG files, without a loss."""

import io

import numpy as np
from PIL import Image

USUAL = 6  # zlib's level, and Pillow's


def png(image: np.ndarray, level: int = USUAL) -> bytes:
    """A PNG file of an image (H, W, 1 or 3) uint8. `level` is 0 to 9: a low one is quicker and makes a larger file."""
    buffer = io.BytesIO()
    pixels = np.ascontiguousarray(image[..., 0] if image.shape[2] == 1 else image)
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=level)
    return buffer.getvalue()
