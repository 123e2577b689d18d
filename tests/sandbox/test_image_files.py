"""Image files as people have them."""

import base64
import io
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.sandbox import image_files
from core.sandbox.image_decoder import Decoders
from core.sandbox.image_files import Picture, Unreadable, cropped, decode, whole
from core.sandbox.image_formats import ENDINGS, FORMATS, IMAGE_ENDINGS, NOT_AN_IMAGE, OTHER_ENDINGS
from tests.datasets.makers import half_a_photograph, image


def _saved(made: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    made.save(content, kind, **options)
    return content.getvalue()


def pages_of_a_tiff() -> bytes:
    first, second = Image.new("L", (9, 9), 40), Image.new("L", (9, 9), 200)
    return _saved(first, "TIFF", save_all=True, append_images=[second])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_every_format_gives_its_colour(kind: str) -> None:
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    pixels = decode(image(kind=kind, **options)).pixels
    assert pixels.shape == (10, 12, 3) and pixels.dtype == np.uint8
    assert np.abs(pixels[5, 5].astype(int) - (200, 30, 60)).max() <= 3


@pytest.mark.parametrize(("mode", "colour", "value"), [("L", 77, 77), ("1", 1, 255), ("LA", (0, 0), 255)])
def test_grey_stays_grey(mode: str, colour: object, value: int) -> None:
    pixels = decode(image(mode=mode, colour=colour)).pixels
    assert pixels.shape == (10, 12, 1) and (pixels == value).all()


@pytest.mark.parametrize(("mode", "kind"), [("RGB", "PNG"), ("RGB", "JPEG"), ("RGBA", "PNG")])
def test_grey_that_was_saved_in_colour_is_grey(mode: str, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    grey = Image.fromarray(noise).convert("RGB").convert(mode)
    pixels = decode(_saved(grey, kind)).pixels
    assert pixels.shape == (40, 40, 1)
    assert kind == "JPEG" or np.array_equal(pixels[..., 0], noise)


def test_transparent_pixels_become_white() -> None:
    assert (decode(image(mode="RGBA", colour=(0, 0, 0, 0))).pixels == 255).all()
    half = decode(image(mode="RGBA", colour=(0, 0, 0, 128))).pixels
    assert abs(int(half[0, 0, 0]) - 127) <= 1
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30] * 256)
    assert (decode(_saved(palette, transparency=0)).pixels == 255).all()
    assert decode(_saved(palette)).pixels[0, 0].tolist() == [10, 20, 30]


def test_sixteen_bits_are_rescaled_not_cut_off() -> None:
    ramp = np.array([[0, 257, 25700, 65535]], np.uint16)
    assert decode(_saved(Image.fromarray(ramp))).pixels[0, :, 0].tolist() == [0, 1, 100, 255]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_kind_of_image_is_read(kind: str, mode: str) -> None:
    grey = np.linspace(0, 255, 24 * 20).reshape(20, 24).astype(np.uint8)
    pixels = grey if mode == "L" else np.stack([grey, grey[::-1], grey[:, ::-1]], axis=2)
    read = decode(_saved(Image.fromarray(pixels), kind)).pixels
    # Some kinds know no grey, or lose a little, or have 256 colours in all.
    assert read.shape in ((20, 24, 1), (20, 24, 3))
    assert np.abs(read.mean(axis=2) - pixels.reshape(20, 24, -1).mean(axis=2)).mean() < 6


def test_every_ending_leads_to_a_kind_that_is_read() -> None:
    assert len(set(IMAGE_ENDINGS)) == len(IMAGE_ENDINGS) and set(ENDINGS) == set(FORMATS)
    assert {".jfif", ".jpe", ".pjpeg", ".tif", ".ppm", ".pgm", ".pbm", ".avif"} <= set(IMAGE_ENDINGS)
    assert not OTHER_ENDINGS & set(IMAGE_ENDINGS)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_an_animation_the_first_picture_is_read_and_that_is_known(kind: str) -> None:
    pictures = [Image.new("RGB", (20, 10), colour) for colour in ("white", "black", "white")]
    moving = _saved(pictures[0], kind, save_all=True, append_images=pictures[1:])
    for read in (decode, whole):
        found, still = read(moving), read(_saved(pictures[0], kind))
        assert found.pixels.min() > 250 and found.moves and not still.moves


def test_a_preview_in_a_cameras_jpeg_makes_no_animation() -> None:
    picture, preview = Image.new("RGB", (20, 10), "white"), Image.new("RGB", (4, 2), "white")
    assert not decode(_saved(picture, "MPO", save_all=True, append_images=[preview])).moves


def test_cmyk_is_converted() -> None:
    pixels = decode(image(mode="CMYK", colour=(0, 255, 255, 0), kind="JPEG")).pixels
    assert pixels.shape == (10, 12, 3) and pixels[5, 5, 0] > 200 and pixels[5, 5, 1] < 60


def test_a_turned_photograph_is_set_upright() -> None:
    photo = Image.new("RGB", (20, 10), "black")
    photo.paste("white", (0, 0, 5, 10))  # the left edge is the top once it is turned clockwise
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = decode(_saved(photo, "JPEG", exif=exif)).pixels
    assert pixels.shape == (20, 10, 1) and pixels[1].mean() > 200 and pixels[-2].mean() < 50


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_matter() -> None:
    assert decode(image(kind="JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xffjunk")).pixels.shape == (10, 12, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"just words", NOT_AN_IMAGE),
        (b"", NOT_AN_IMAGE),
        (half_a_photograph(), "damaged"),
        (image((64, 64))[:60], "damaged"),
        (image(kind="TGA"), NOT_AN_IMAGE),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG drawing, which has no pixels"),
        (b"%PDF-1.7", "PDF"),
        (pages_of_a_tiff(), "TIFF of several pages"),
    ],
)
def test_what_is_no_image_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        decode(content)
    assert reason in str(error.value)


def test_an_enormous_image_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(Unreadable, match="too large"):
        decode(image())
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with pytest.raises(Unreadable, match="too large"):
        decode(image())


@pytest.mark.parametrize(
    ("size", "kept"),
    [((256, 300), (300, 256)), ((300, 400), (341, 256)), ((400, 300), (256, 341)), ((3000, 500), (256, 1024))],
)
def test_only_large_images_are_brought_down(size: tuple[int, int], kept: tuple[int, int]) -> None:
    result = decode(image(size))
    assert result.pixels.shape[:2] == kept and result.reduced == (min(size) > 256)


def test_resizing_is_pillows_bilinear() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    expected = np.asarray(Image.fromarray(noise).resize((341, 256), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(decode(_saved(Image.fromarray(noise))).pixels, expected)


def test_cropping_keeps_the_middle() -> None:
    strip = np.arange(100, dtype=np.uint8).reshape(1, 100, 1)
    assert cropped(strip)[0, :, 0].tolist() == [48, 49, 50, 51]
    assert cropped(strip.transpose(1, 0, 2)).shape == (4, 1, 1)
    assert cropped(strip[:, :4]).shape == (1, 4, 1)


# 64 × 48 pixels: red grows to the right, green downwards.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAA"
    "AERAAAEAAQAAAAABoQABAAAAAAAAAEoAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADd"
    "aXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAA"
    "AwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh"
    "cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAFJtZGF0AAAA"
    "RigBrxmA71BJjpGz79llPF5kRSrN+vz5VvDEgU9lkFwATHHBwNg0zMtqrsiUYkN6yonLTi+EiQadW6g2To52MsTcZ3hCQoA="
)


def test_what_is_no_image_is_told_the_formats_that_are_read_here() -> None:
    assert ("HEIC" in NOT_AN_IMAGE) == (find_spec("pi_heif") is not None)
    named = NOT_AN_IMAGE.removeprefix("not an image (").removesuffix(")").upper().split(", ")
    assert set(named) - {"HEIC"} == set(FORMATS)


def test_a_heic_image_is_read_where_its_decoder_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pi_heif")
    (found,) = Decoders(1).pictures([HEIC])
    assert isinstance(found, Picture) and found.pixels.shape == (48, 64, 3)
    left, right, top, bottom = found.pixels[:, 0], found.pixels[:, -1], found.pixels[0], found.pixels[-1]
    assert right[:, 0].mean() > left[:, 0].mean() + 150 and bottom[:, 1].mean() > top[:, 1].mean() + 150
    for damaged in (HEIC[:300], HEIC[:40], b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"):
        with pytest.raises(Unreadable, match="damaged"):
            decode(damaged)
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(Unreadable, match=r"HEIC image, which is not read here: save it as JPEG .* pip install pi-heif"):
        decode(HEIC)
