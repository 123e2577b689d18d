import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import BadInput
from core.inference.photo import read_image, read_picture
from core.sandbox.levels import Levels


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


@pytest.fixture
def picture() -> Image.Image:
    y, x = np.mgrid[:40, :60]
    return Image.fromarray(np.stack([x * 4, y * 6, (x + y) * 2], 2).astype(np.uint8))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_the_usual_formats_are_read(picture: Image.Image, kind: str) -> None:
    pixels = read_image(saved(picture, kind), "a picture")
    assert pixels.shape == (40, 60, 3) and pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - np.asarray(picture)).mean() < 8


def test_bytes_open_files_and_paths_are_all_sources(picture: Image.Image, tmp_path: Path) -> None:
    file = tmp_path / "p.png"
    file.write_bytes(saved(picture, "PNG"))
    with file.open("rb") as opened:
        pixels = [read_image(source, "p.png") for source in (file.read_bytes(), opened, file, str(file))]
    for other in pixels:
        np.testing.assert_array_equal(other, np.asarray(picture))


def test_grey_stays_one_channel(picture: Image.Image) -> None:
    assert read_image(saved(picture.convert("L"), "PNG"), "grey").shape == (40, 60, 1)


def test_it_is_upright(picture: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to see it upright
    assert read_image(saved(picture, "JPEG", exif=exif), "turned").shape == (60, 40, 3)


def test_sixteen_bits_are_rescaled() -> None:
    deep = Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16))
    assert read_image(saved(deep, "PNG"), "deep")[..., 0].tolist() == [[0, 100, 255]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize(("white", "bits"), [(4095, 12), (1023, 10), (16383, 14), (255, 8), (65535, None)])
def test_a_part_of_sixteen_bits_is_brought_to_the_range_that_the_file_uses(
    kind: str, white: int, bits: int | None
) -> None:
    levels = (np.array([[0, 100, 255]]) * white // 255).astype(np.uint16)
    reading = read_picture(saved(Image.fromarray(levels), kind), "deep")
    assert reading.pixels[..., 0].tolist() == [[0, 100, 255]]
    assert reading.bits == bits and bool(reading.words) == (bits is not None)
    as_trained = read_picture(saved(Image.fromarray(levels), kind), "deep", Levels(whole=(0, 65535)))
    assert as_trained.pixels.max() == min(255, round(white / 257)) and not as_trained.words


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (90, 255), (255, 0)])
def test_what_is_drawn_on_transparency_can_be_seen(ink: int, paper: int) -> None:
    clear = np.zeros((20, 20, 4), np.uint8)
    clear[5:15, 8:12] = (ink, ink, ink, 255)
    pixels = read_image(saved(Image.fromarray(clear), "PNG"), "clear")
    assert (pixels[10, 10] == ink).all() and (pixels[0, 0] == paper).all()


def bomb() -> bytes:
    """A PNG of a few bytes that promises 100,000 × 100,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def broken(picture: Image.Image) -> dict[str, bytes]:
    jpeg, png = saved(picture.resize((300, 300)), "JPEG"), saved(picture, "PNG")
    return {
        "empty": b"",
        "text": b"this is no picture",
        "cut.jpg": jpeg[: len(jpeg) // 2],
        "cut.png": png[:60],
        "spoilt.png": png[:50] + bytes(20) + png[70:],
        "bomb.png": bomb(),
        "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "scan.tga": saved(picture, "TGA"),
        "page.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    }


@pytest.mark.parametrize("name", list(broken(Image.new("RGB", (9, 9)))))
def test_a_bad_file_is_refused_in_one_sentence_that_names_it(picture: Image.Image, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_image(broken(picture)[name], name)
    sentence = str(caught.value)
    assert name in sentence and "\n" not in sentence and sentence.endswith(".")


def test_files_that_cannot_be_opened_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no file “gone\.png”"):
        read_image(tmp_path / "gone.png", "gone.png")
    with pytest.raises(BadInput, match="“here” cannot be opened"):
        read_image(tmp_path, "here")


def test_a_file_of_many_bytes_is_refused_before_it_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.inference.photo.MAX_FILE_BYTES", 1 << 20)
    source = io.BytesIO(bytes(5 << 20))
    with pytest.raises(BadInput, match="larger than 1 MB"):
        read_image(source, "long")
    assert source.tell() <= (1 << 20) + 1
