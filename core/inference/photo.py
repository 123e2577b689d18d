"""An uploaded picture → pixels, or one sentence that says why not."""

import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.data.picture import FORMATS, Unreadable, opened
from core.errors import BadInput

LIMIT = 64 * 2**20  # bytes of one file
PALE = 200  # grey level above which nothing is told from white paper


def read_image(source: bytes | BinaryIO | str | Path, name: str) -> NDArray[np.uint8]:
    """The picture in `source` (a file's bytes, an open file, or a path): (H, W, 3), or (H, W, 1) if it is grey.

    JPEG, PNG, WebP, BMP or GIF (its first frame); upright by its EXIF data; 16 bits a channel are rescaled;
    transparency becomes white paper, or black where all that is drawn on it is too pale to be seen on white.
    Raises BadInput, naming the file as `name`, for anything else and for files that are damaged or too large.
    """
    content = _content(source, name)
    try:
        image = opened(content)
    except Unreadable as reason:
        raise BadInput(f"{name} cannot be read: {reason}. Save it anew as PNG or JPEG and try again.") from reason
    pixels = np.asarray(image)
    if pixels.min() > PALE:
        pixels = _on_black(content, pixels)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _content(source: bytes | BinaryIO | str | Path, name: str) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            if isinstance(source, str | Path):
                with open(source, "rb") as file:
                    content = file.read(LIMIT + 1)
            else:
                content = source.read(LIMIT + 1)
        except FileNotFoundError as error:
            raise BadInput(f"There is no file {name}. Check its name and folder.") from error
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BadInput(f"{name} cannot be opened: {why}. Choose another file.") from error
    if not content:
        raise BadInput(f"{name} is empty. Choose another file.")
    if len(content) > LIMIT:
        raise BadInput(f"{name} is larger than {LIMIT >> 20} MB. Save it smaller and try again.")
    return content


def _on_black(content: bytes, pale: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same picture on black paper if part of it is transparent, else `pale` as it is."""
    image = Image.open(io.BytesIO(content), formats=FORMATS)  # it has been read once, so it is sound
    if not image.has_transparency_data:
        return pale
    rgba = ImageOps.exif_transpose(image.convert("RGBA"))
    if not np.asarray(rgba.getchannel("A")).any():
        return pale
    on_black = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
    return np.asarray(on_black.convert("L" if pale.ndim == 2 else "RGB"))
