"""One image file, made into pixels: whatever a person's camera, phone or browser has saved."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.wording import count

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
NOT_AN_IMAGE = "not an image (JPEG, PNG, WebP, BMP, GIF)"
PIXELS = 89_000_000  # of one image; Pillow only warns from about here on
SHORT_SIDE = 256  # pixels; larger images are brought down to this
ASPECT = 4  # long side over short side; what goes beyond is cut off at both ends

# Pillow warns of odd EXIF data, and of large images that are refused here anyway: not worth a line on the terminal.
warnings.filterwarnings("ignore", module="PIL")


class Unreadable(Exception):
    """A file that gives no image; `str()` is the reason in a few words."""


@dataclass(frozen=True)
class Picture:
    """An image ready to be kept: (H, W, 1) grey or (H, W, 3) RGB, uint8."""

    pixels: np.ndarray
    reduced: bool  # brought down in size, so what is kept is not the file's own size


def decode(content: bytes) -> Picture:
    """The image in a file's bytes, shorter side brought down to 256 pixels; Unreadable if there is none."""
    image = opened(content)
    reduced = min(image.size) > SHORT_SIDE
    if reduced:
        image = _reduced(image)
    pixels = np.asarray(image)
    return Picture(pixels if pixels.ndim == 3 else pixels[..., None], reduced)


def opened(content: bytes) -> Image.Image:
    """The image in a file's bytes: fully decoded, upright, opaque, in mode L or RGB; Unreadable if there is none."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > PIXELS:
            raise Unreadable(f"too large ({count(image.width)} × {count(image.height)} pixels)")
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("too large (more pixels than a photograph has)") from error
    except UnidentifiedImageError as error:
        raise Unreadable(NOT_AN_IMAGE) from error
    except Unreadable:
        raise
    except Exception as error:  # a damaged file can raise anything
        raise Unreadable(f"damaged ({error})") from error
    return _plain(_upright(image))


def cropped(pixels: np.ndarray) -> np.ndarray:
    """The middle of an image (H, W, C) whose long side is more than four times its short side."""
    height, width = pixels.shape[:2]
    longest = ASPECT * min(height, width)
    top, left = max(height - longest, 0) // 2, max(width - longest, 0) // 2
    return pixels[top : top + longest, left : left + longest]


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged EXIF data say nothing about the pixels
        return image


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB") and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):  # 16 bits a pixel: `convert` would cut off at 255 instead of rescaling
        levels = np.asarray(image).astype(np.float64)
        return Image.fromarray(np.rint(np.clip(levels, 0, 65535) / 257).astype(np.uint8))
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque)
    return image.convert("L" if grey else "RGB")


def _reduced(image: Image.Image) -> Image.Image:
    if max(image.size) > ASPECT * min(image.size):
        image = Image.fromarray(cropped(np.asarray(image)))
    width, height = (SHORT_SIDE * side // min(image.size) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR)
