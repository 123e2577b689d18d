"""One image file, made into pixels: whatever a person's camera, phone or browser has saved."""

import io
import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.locale import N_, _
from core.sandbox.image_formats import FORMATS, HEIC, is_heic, why_not_read
from core.sandbox.levels import Levels

MAX_IMAGE_PIXELS = 89_000_000  # of one image; Pillow only warns from about here on
DEEP = ("I;16", "F")  # Pillow's modes of grey images with 16 bits a pixel, and of floats
SHORT_SIDE = 256  # pixels; larger images are brought down to this
MAX_UPLOAD_PIXELS = 16_000_000  # pixels to which an uploaded picture is reduced
PALE_LEVEL = 200  # grey level above which nothing can be seen on white paper
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0  # a tag of TIFF, and the value that turns black and white round
MAX_ASPECT = 4  # long side over short side; what goes beyond is cut off at both ends

# Pillow warns of odd EXIF data, and of large images that are refused here anyway: not worth a line on the terminal.
warnings.filterwarnings("ignore", module="PIL")


# In an image's `info`:
COLLAPSED = "collapsed"
MOVES = "moves"  # the file has more pictures than this, its first
HOLES = "holes"  # some pixels of the file have no value
FEW_OF_EIGHT = 64  # below it are all values of a colour file of 16 bits, of which 8 are read, that uses 14 or fewer
FEW_LEVELS, MANY_LEVELS = 4, 16  # grey levels: no picture that had many can be seen in few
FAINT_LEVELS = 16  # grey levels between the darkest and the brightest value, of 256: fewer are hardly seen
NO_VALUE = -999.0  # programs of maps write such a number, or one below it, where nothing was measured
SAMPLED_PIXELS = 1 << 16  # of an image, whose levels are counted


class Unreadable(Exception):
    """A file that gives no image; `str()` is the reason in a few words."""


@dataclass(frozen=True)
class Picture:
    """An image ready to be kept: (H, W, 1) grey or (H, W, 3) RGB, uint8."""

    pixels: np.ndarray
    reduced: bool  # brought down in size, so what is kept is not the file's own size
    # (H, W, 1) uint16 or float32 of a grey image with more than 8 bits a pixel: its levels as the file has them, of
    # which `pixels` has what they show alone.
    levels: np.ndarray | None = None
    collapsed: bool = False  # the file's colours have 16 bits, of which 8 are read, and hardly any are still apart
    moves: bool = False  # the file is an animation, and this is its first picture
    holes: bool = False  # pixels without a value have the lowest of the others


def decode(content: bytes) -> Picture:
    """The image in a file's bytes, shorter side brought down to 256 pixels; Unreadable if there is none."""
    image = opened(content)
    told = _told(image)
    reduced = min(image.size) > SHORT_SIDE
    if reduced:
        image = _reduced(image)
    return replace(_picture(image, reduced), collapsed=told[0], moves=told[1], holes=told[2])


def whole(content: bytes) -> Picture:
    """The image in a file's bytes at its own size, up to 16 million pixels; Unreadable if there is none.

    Transparency becomes white paper, or black where all that is drawn on it is too pale to be seen on white.
    """
    image = opened(content)
    told = _told(image)
    if image.mode not in DEEP and _darkest(image) > PALE_LEVEL:
        image = _on_black(content, image)
    factor = math.ceil(math.sqrt(image.width * image.height / MAX_UPLOAD_PIXELS))
    if factor > 1:
        image = _resized(image, (image.width // factor, image.height // factor), Image.Resampling.BOX)
    return replace(_picture(image, factor > 1), collapsed=told[0], moves=told[1], holes=told[2])


def _told(image: Image.Image) -> tuple[bool, bool, bool]:
    """Whether the image is `collapsed`, `moves` and has `holes`, see `Picture`."""
    return bool(image.info.get(COLLAPSED)), bool(image.info.get(MOVES)), bool(image.info.get(HOLES))


def _picture(image: Image.Image, reduced: bool) -> Picture:
    if image.mode in DEEP:
        levels = np.asarray(image)[..., None]
        return Picture(Levels().eight_bits(levels), reduced, levels)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        return Picture(pixels[..., None], reduced)
    return Picture(np.ascontiguousarray(pixels[..., :1]) if _is_grey(pixels) else pixels, reduced)


def _is_grey(pixels: np.ndarray) -> bool:
    """Whether the three channels of an image (H, W, 3) are one: grey that was saved as RGB."""
    for part in (pixels[::16, ::16], pixels):  # a photograph shows its colours in a few pixels
        if not (np.array_equal(part[..., 0], part[..., 1]) and np.array_equal(part[..., 1], part[..., 2])):
            return False
    return True


def opened(content: bytes) -> Image.Image:
    """The image in a file's bytes: fully decoded, upright, opaque, in mode L, RGB or DEEP; Unreadable if there is
    none."""
    try:
        image = _open(content)
        if image.format == "TIFF" and getattr(image, "n_frames", 1) > 1:
            raise Unreadable(N_("a TIFF of several pages: save each page as an image of its own"))
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise Unreadable(
                _("too large ({width:count} × {height:count} pixels)", width=image.width, height=image.height)
            )
        deep_colour = image.mode.startswith("RGB") and any("16" in str(tile[3]) for tile in getattr(image, "tile", ()))
        inverted = image.mode == "I;16" and getattr(image, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO
        image.load()
        moves = _moves(image)
        plain = _plain(_upright(image))
        if inverted:  # Pillow turns those of 8 bits only
            plain = Image.fromarray(np.iinfo(np.uint16).max - np.asarray(plain))
        plain.info[MOVES] = moves
        plain.info[COLLAPSED] = deep_colour and np.asarray(plain).max() < FEW_OF_EIGHT
        return plain
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(N_("too large (more pixels than a photograph has)")) from error
    except UnidentifiedImageError as error:
        raise Unreadable(why_not_read(content)) from error
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # a damaged file can raise anything, in words for programmers
        early = isinstance(error, EOFError) or "truncated" in str(error).lower()
        raise Unreadable(
            N_("damaged (it ends too early)") if early else N_("damaged (it cannot be decoded)")
        ) from error


def _moves(image: Image.Image) -> bool:
    """Whether a file is an animation. A camera's JPEG with a preview inside is none: Pillow calls its format MPO."""
    try:
        return image.format in FORMATS and bool(getattr(image, "is_animated", False))
    except MemoryError:
        raise
    except Exception:  # a second picture that is damaged says nothing about the first
        return False


def _open(content: bytes) -> Image.Image:
    """A file as Pillow opens it, nothing decoded yet."""
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        if not is_heic(content):
            raise
    try:
        import pi_heif
    except ImportError as error:  # it is an extra
        raise Unreadable(HEIC) from error
    pi_heif.options.DECODE_THREADS = 1
    pi_heif.register_heif_opener()
    try:
        return Image.open(io.BytesIO(content), formats=["HEIF"])
    except UnidentifiedImageError as error:
        raise Unreadable(N_("damaged (it cannot be decoded)")) from error


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
    image = _open(content)  # it has been read once, so it is sound
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
    if image.mode.startswith("I"):  # more than 8 bits a pixel: `convert` would cut off at 255 instead of rescaling
        values = np.asarray(image)
        fits = values.min() >= 0 and values.max() <= 65535
        return Image.fromarray(values.astype(np.uint16 if fits else np.float32))
    if image.mode == "F":
        known = np.isfinite(np.asarray(image))
        if not known.any():
            raise Unreadable(N_("none of its pixels has a value"))
        plain = Image.fromarray(without_holes(np.asarray(image)))
        plain.info[HOLES] = not known.all()
        return plain
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque)
    return image.convert("L" if grey else "RGB")


def without_holes(values: np.ndarray) -> np.ndarray:
    """Floats in which pixels without a value, written as none or as a number far below all others such as −9999, have
    the lowest of the others."""
    known = np.isfinite(values)
    lowest = values.min(where=known, initial=0)
    rest = values[known & (values > lowest)]
    if lowest <= NO_VALUE and np.unique(rest[:SAMPLED_PIXELS]).size > MANY_LEVELS:
        known &= (values > lowest) | (rest.min() - lowest < rest.max() - rest.min())
    return np.where(known, values, values.min(where=known, initial=np.inf) if known.any() else 0).astype(np.float32)


def collapses(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether more than `MANY_LEVELS` values became `FEW_LEVELS` or fewer; a picture of black and white had no more."""
    step = max(before.size // SAMPLED_PIXELS, 1)
    if np.unique(after.ravel()[::step]).size > FEW_LEVELS:
        return False
    return np.unique(before.ravel()[::step]).size > MANY_LEVELS


def is_faint(pixels: np.ndarray) -> bool:
    """Whether the values of a uint8 image lie so close together that it looks like a plain sheet."""
    return int(pixels.max()) - int(pixels.min()) < FAINT_LEVELS


def _reduced(image: Image.Image) -> Image.Image:
    if max(image.size) > MAX_ASPECT * min(image.size):
        image = Image.fromarray(cropped(np.asarray(image)))
    width, height = (SHORT_SIDE * side // min(image.size) for side in image.size)
    return _resized(image, (width, height), Image.Resampling.BILINEAR)


def _resized(image: Image.Image, size: tuple[int, int], how: Image.Resampling) -> Image.Image:
    if image.mode != "I;16":
        return image.resize(size, how)
    exact = Image.fromarray(np.asarray(image, np.float32)).resize(size, how)
    return Image.fromarray(np.asarray(exact).round().astype(np.uint16))
