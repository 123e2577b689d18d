"""Image files as an ill-meaning or unlucky person makes them."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from tests.datasets.makers import half_a_photograph, image, pixels

NOT = "not an image"
LARGE = "too large"
DAMAGED = "damaged"
MEMORY = "more than 1 GB of memory"


def _saved(made: Image.Image, kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    made.save(content, kind, **options)
    return content.getvalue()


def _photo(kind: str, side: int = 80, **options: Any) -> bytes:
    return _saved(Image.fromarray(pixels(1, side, side, 3)[0]), kind, **options)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, colour: int, depth: int, data: bytes, *chunks: bytes) -> bytes:
    """A PNG that promises what it likes; `data` are its packed pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _zeros(size: int) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join([packer.compress(bytes(1 << 20)) for _ in range(size >> 20)]) + packer.flush()


def _patched(content: bytes, offset: int, new: bytes) -> bytes:
    return content[:offset] + new + content[offset + len(new) :]


def _jpeg_of_size(width: int, height: int) -> bytes:
    content = image((16, 16), kind="JPEG")
    return _patched(content, content.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def makes() -> dict[str, tuple[bytes, str]]:
    """Name → (content, what the reason says; "" for an image that is to be read)."""
    jpeg, still = _photo("JPEG"), _photo("PNG")
    bmp, gif, webp = _photo("BMP"), _photo("GIF"), _photo("WEBP")
    palette = Image.fromarray(pixels(1, 30, 30)[0], "L").convert("P")
    deep = Image.fromarray(np.arange(900, dtype=np.uint16).reshape(30, 30) * 70)
    frames = [Image.new("RGB", (20, 20), (n, n, n)) for n in (10, 200)]
    return {
        "cmyk.jpg": (image(mode="CMYK", colour=(0, 9, 9, 0), kind="JPEG"), ""),
        "palette.png": (_saved(palette, "PNG"), ""),
        "palette-clear.png": (_saved(palette, "PNG", transparency=3), ""),
        "one-bit.png": (image(mode="1", colour=1), ""),
        "one-bit.bmp": (image(mode="1", colour=1, kind="BMP"), ""),
        "sixteen-bit.png": (_saved(deep, "PNG"), ""),
        "alpha.png": (image(mode="RGBA", colour=(1, 2, 3, 0)), ""),
        "grey-alpha.png": (image(mode="LA", colour=(9, 0)), ""),
        "alpha.webp": (image(mode="RGBA", colour=(1, 2, 3, 0), kind="WEBP"), ""),
        "turned.jpg": (_photo("JPEG", exif=_exif(6)), ""),
        "turned-nowhere.jpg": (_photo("JPEG", exif=_exif(200)), ""),
        "exif-of-noise.jpg": (image(kind="JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xffjunk"), ""),
        "progressive.jpg": (_photo("JPEG", progressive=True), ""),
        "moving.gif": (_saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), ""),
        "moving.webp": (_saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]), ""),
        "jpeg-named.png": (jpeg, ""),
        "one-pixel.png": (image((1, 1)), ""),
        "line.png": (image((20_000, 1)), ""),
        "flat-photo.bmp": (image((2000, 1000), kind="BMP"), ""),
        "page-behind.jpg": (jpeg + b"<script>alert(1)</script>", ""),
        "zip-behind.png": (still + b"PK\x05\x06" + bytes(18), ""),
        "twenty-megapixels.png": (image((5000, 4000)), ""),
        "empty.png": (b"", "empty"),
        "text.png": (b"this is no picture", NOT),
        "zeros.jpg": (bytes(10_000), NOT),
        "page.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no pixels"),
        "outside.svg": (b"<svg><image href='file:///etc/passwd'/></svg>", "no pixels"),
        "page.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NOT),
        "scan.tga": (image(kind="TGA"), NOT),
        "start-alone.jpg": (jpeg[:3], NOT),
        "start-alone.png": (still[:8], NOT),
        "start-alone.gif": (b"GIF89a", NOT),
        "start-alone.webp": (webp[:12], NOT),
        "cut.jpg": (half_a_photograph(), DAMAGED),
        "cut.png": (still[: len(still) // 2], DAMAGED),
        "cut.bmp": (bmp[: len(bmp) // 2], DAMAGED),
        "cut.gif": (gif[: len(gif) // 2], DAMAGED),
        "cut.webp": (webp[: len(webp) // 2], ""),  # or damaged: its decoder shows what it has
        "noise-inside.png": (_patched(still, len(still) // 2, bytes(40)), DAMAGED),
        "short.png": (png(500, 500, 2, 8, zlib.compress(b"\0")), DAMAGED),
        "no-pixels.png": (png(50, 50, 2, 8, b""), DAMAGED),
        "packed-noise.png": (png(50, 50, 2, 8, b"noise" * 50), DAMAGED),
        "odd-depth.png": (png(50, 50, 2, 3, zlib.compress(bytes(9000))), ""),
        "no-width.png": (png(0, 50, 2, 8, zlib.compress(b"")), ""),
        "huge.png": (png(100_000, 100_000, 2, 8, zlib.compress(b"\0")), LARGE),
        "huge-in-one-bit.png": (png(300_000, 300_000, 0, 1, zlib.compress(b"\0")), LARGE),
        "wide.png": (png(2_000_000_000, 1, 0, 1, zlib.compress(b"\0")), LARGE),
        "huge.jpg": (_jpeg_of_size(65_500, 65_500), LARGE),
        "huge.gif": (_patched(gif, 6, b"\xff\xff\xff\xff"), LARGE),
        "huge.bmp": (_patched(bmp, 18, struct.pack("<ii", 1 << 30, 1 << 30)), LARGE),
        "negative.bmp": (_patched(bmp, 18, struct.pack("<ii", -80, -80)), ""),
        "clear-bomb.png": (png(9400, 9400, 6, 8, _zeros(4 * 9400 * 9400 + (10 << 20))), MEMORY),
        "claims-more.jpg": (_jpeg_of_size(9000, 9000), ""),  # its decoder goes on with grey
        "text-bomb.png": (
            png(9, 9, 0, 8, zlib.compress(bytes(90)), *[chunk(b"zTXt", b"a\0\0" + _zeros(60 << 20))] * 3), ""),
        "profile-bomb.png": (
            png(9, 9, 0, 8, zlib.compress(bytes(90)), chunk(b"iCCP", b"a\0\0" + _zeros(200 << 20))), ""),
        "later-frame-broken.gif": (_saved(frames[0], "GIF", save_all=True, append_images=frames[1:])[:-30], ""),
    }  # fmt: skip
