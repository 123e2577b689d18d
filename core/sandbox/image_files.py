"""One image file, made into pixels: whatever a person's camera, phone or browser has saved."""

import io
import math
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.locale import N_, _

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
NOT_AN_IMAGE = N_("not an image (JPEG, PNG, WebP, BMP, GIF)")
MAX_IMAGE_PIXELS = 89_000_000  # of one image; Pillow only warns from about here on
SHORT_SIDE = 256  # pixels; larger images are brought down to this
MAX_UPLOAD_PIXELS = 16_000_000  # pixels of one uploaded picture that go on from here
PALE_LEVEL = 200  # grey level above which nothing is told from white paper
MAX_ASPECT = 4  # long side over short side; what goes beyond is cut off at both ends

# Pillow warns of odd EXIF data, and of large images that are refused here anyway: not worth a line on the terminal.
warnings.filterwarnings("ignore", module="PIL")


class Unreadable(Exception):
    """A file that gives no image; `str()` is the reason in a few words."""


@dataclass(frozen=True)
class Picture:
    """An image ready to be kept: (H, W, 1) grey or (H, W, 3) RGB, uint8."""

    pixels: np.ndarray
    reduced: bool  # brought down in size, so what is kept is not the file's own size


def decode(content: bytes, formats: tuple[str, ...] = FORMATS) -> Picture:
    """The image in a file's bytes, shorter side brought down to 256 pixels; Unreadable if there is none."""
    image = opened(content, formats)
    reduced = min(image.size) > SHORT_SIDE
    if reduced:
        image = _reduced(image)
    pixels = np.asarray(image)
    return Picture(pixels if pixels.ndim == 3 else pixels[..., None], reduced)


def whole(content: bytes) -> Picture:
    """The image in a file's bytes at its own size, up to 16 million pixels; Unreadable if there is none.

    Transparency becomes white paper, or black where all that is drawn on it is too pale to be seen on white.
    """
    image = opened(content)
    if _darkest(image) > PALE_LEVEL:
        image = _on_black(content, image)
    factor = math.ceil(math.sqrt(image.width * image.height / MAX_UPLOAD_PIXELS))
    if factor > 1:
        image = image.reduce(factor)
    pixels = np.asarray(image)
    return Picture(pixels if pixels.ndim == 3 else pixels[..., None], factor > 1)


def opened(content: bytes, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """The image in a file's bytes: fully decoded, upright, opaque, in mode L or RGB; Unreadable if there is none."""
    try:
        image = Image.open(io.BytesIO(content), formats=formats)
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise Unreadable(
                _("too large ({width:count} × {height:count} pixels)", width=image.width, height=image.height)
            )
        image.load()
        return _plain(_upright(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(N_("too large (more pixels than a photograph has)")) from error
    except UnidentifiedImageError as error:
        known = NOT_AN_IMAGE if formats == FORMATS else _("not an image ({formats})", formats=", ".join(formats))
        raise Unreadable(known) from error
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # a damaged file can raise anything, in words for programmers
        early = isinstance(error, EOFError) or "truncated" in str(error).lower()
        raise Unreadable(
            N_("damaged (it ends too early)") if early else N_("damaged (it cannot be decoded)")
        ) from error


def cropped(pixels: np.ndarray) -> np.ndarray:
    """The middle of an image (H, W, C) whose long side is more than four times its short side."""
    height, width = pixels.shape[:2]
    longest = MAX_ASPECT * min(height, width)
    top, left = max(height - longest, 0) // 2, max(width - longest, 0) // 2
    return pixels[top : top + longest, left : left + longest]


def _upright(image: Image.Image) -> Image.Image:
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:  # damaged EXIF data say nothing about the pixels
        pass
    return image


def _darkest(image: Image.Image) -> int:
    """The lowest value of any channel of an image in mode L or RGB."""
    return min(channel.getextrema()[0] for channel in image.split())  # type: ignore[return-value]


def _on_black(content: bytes, pale: Image.Image) -> Image.Image:
    """The same picture on black paper if part of it is transparent, else `pale` as it is."""
    image = Image.open(io.BytesIO(content), formats=FORMATS)  # it has been read once, so it is sound
    if not image.has_transparency_data:
        return pale
    rgba = _upright(image.convert("RGBA"))
    if not rgba.getchannel("A").getbbox():
        return pale
    on_black = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba)
    return on_black.convert(pale.mode)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in ("L", "RGB") and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):  # 16 bits a pixel: `convert` would cut off at 255 instead of rescaling
        levels = np.clip(np.asarray(image), 0, 65535).astype(np.uint32)
        return Image.fromarray(((levels + 128) // 257).astype(np.uint8))
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque)
    return image.convert("L" if grey else "RGB")


def _reduced(image: Image.Image) -> Image.Image:
    if max(image.size) > MAX_ASPECT * min(image.size):
        image = Image.fromarray(cropped(np.asarray(image)))
    width, height = (SHORT_SIDE * side // min(image.size) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR)
