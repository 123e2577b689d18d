"""What leaves reads pictures that are unlike the training images as the app does."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from core.errors import Problem
from core.exporters.picture_code import picture_code, prepared_code
from core.exporters.spec import Exported
from core.importing.ground import Ground
from core.inference import predictor
from core.inference.image_style import ImageStyle, fitted
from core.inference.pictures import Pictures, ReadAs
from core.runs.trained import load_model, trained_checkpoint
from core.script.briefly_drawn import brief_drawing_code
from tests.inference.pens import FIVE, TWO, sheet

PILLOW = {"np": np, "sys": sys, "Image": Image, "ImageFilter": ImageFilter, "ImageOps": ImageOps}


def functions(code: str) -> dict[str, Any]:
    names: dict[str, Any] = dict(PILLOW)
    exec(code, names)
    return names


def white_ink(folder: Path) -> Path:
    """On a transparent sheet."""
    ink = sheet(TWO)
    clear = Image.new("RGBA", ink.shape[::-1], (255, 255, 255, 0))
    clear.putalpha(Image.fromarray(ink))
    clear.save(folder / "white_ink.png")
    return folder / "white_ink.png"


def dim(folder: Path) -> Path:
    """16 bits, of which few levels are used."""
    levels = 4500 - sheet(TWO).astype(np.uint16) * (4000 // 255)
    Image.fromarray(levels).save(folder / "dim.png")
    return folder / "dim.png"


def test_pictures_unlike_the_training_images_are_read_as_the_app_reads_them(trained, workspace, digits, tmp_path):
    model = predictor.load(trained, workspace)
    pictures = Pictures(workspace, trained, model, ReadAs())
    leaves = functions(picture_code(Exported(trained, load_model(trained_checkpoint(trained, workspace)), workspace)))
    brief = functions(brief_drawing_code(pictures.drawn_style))["drawn"]
    for number in digits.indices("test")[:20]:  # as large as one of them, dark on light
        Image.fromarray(255 - digits.image(int(number))[..., 0]).save(tmp_path / f"{number}.png")
        shown = pictures.shown(pictures.read(tmp_path / f"{number}.png").pixels)
        assert shown.other and shown.other.turned
        found = np.asarray(leaves["prepared"](tmp_path / f"{number}.png"))
        assert np.array_equal(found.mean(2), shown.image[..., 0])
    for file in (white_ink(tmp_path), dim(tmp_path)):
        shown = pictures.shown(pictures.read(file).pixels).image[..., 0]
        for found, expected in (
            (leaves["prepared"](file), shown),
            (brief(Image.open(file)), brief(Image.fromarray(255 - sheet(TWO)))),  # black on white
        ):
            assert np.abs(np.subtract(found, expected, dtype=float)).mean() < 0.12 * 255, file
    Image.new("L", (8, 8), 90).save(tmp_path / "empty.png")
    with pytest.raises(Problem, match="There is no ink"):
        pictures.shown(pictures.read(tmp_path / "empty.png").pixels)
    for prepare in (leaves["prepared"], lambda file: brief(Image.open(file))):
        with pytest.raises(ValueError, match="there is no ink"):
            prepare(tmp_path / "empty.png")
    both = Image.fromarray(255 - np.hstack([sheet(TWO), sheet(FIVE)]))
    with pytest.raises(ValueError, match="several signs"):
        brief(both)


@pytest.mark.parametrize("tone,level", [("dark", 0), ("dark", 20), ("light", 250)])
def test_a_photograph_on_the_opposite_ground_is_turned_round(tmp_path, tone, level):
    """In colours, and only where its border is even and light, or dark."""
    code = prepared_code(None, Ground(tone, level), None)
    style = ImageStyle(ground=tone, level=level, extent=0, coloured=None)
    random = np.random.default_rng(0)
    for ground in (0, 30, 120, 200, 255):
        for shape in ((30, 41), (200, 310)):
            pixels = np.full((*shape, 3), ground, np.uint8)
            pixels[8:20, 8:20] = random.integers(0, 256, (12, 12, 3))
            Image.fromarray(pixels).save(tmp_path / "one.png")
            expected = fitted(pixels, style, 3).image
            found = np.asarray(functions(code)["prepared"](tmp_path / "one.png"), int)
            assert np.abs(found - expected).max() <= 1, (ground, shape)  # of 255: a half is rounded otherwise
