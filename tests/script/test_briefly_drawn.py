"""The preparation of a drawing in a plain script is short, and makes nearly the image that the app makes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file

from core.datasets.builtin.digits import STYLE
from core.datasets.catalog import catalog
from core.datasets.drawing_style import DrawingStyle
from core.inference.drawing import to_input
from core.inference.drawing_style import OWN_SYMBOLS
from core.inference.ink import read_drawing
from core.recipes import RECIPES
from core.script.briefly_drawn import brief_drawing_code
from core.training.model import build_model, input_spec_of
from tests.inference.pens import FIVE, TWO, sheet
from tests.inference.test_drawing_real import part
from tests.real.drawings import drawing
from tests.script.test_drawn import STYLES, UPRIGHT, apart, function
from tests.script.test_plain import described

WEIGHTS = Path(__file__).parents[1] / "real" / "mnist-fast.safetensors"


@pytest.mark.parametrize("style", [*STYLES, STYLE, OWN_SYMBOLS], ids=str)
def test_it_has_few_lines(style: DrawingStyle) -> None:
    lines = brief_drawing_code(style).splitlines()
    assert len(lines) <= 17 and max(map(len, lines)) <= 120


@pytest.mark.parametrize("style", STYLES, ids=range(len(STYLES)))
@pytest.mark.parametrize("pen", [3, 12, 30])
def test_it_makes_nearly_what_the_app_makes(style: DrawingStyle, pen: float) -> None:
    """With all pens but the finest and the thickest, whose lines become less like theirs."""
    for strokes in (TWO, FIVE):
        ink = sheet(strokes, pen=pen)
        expected = to_input(read_drawing(255 - ink), style)
        assert expected is not None
        for picture in (Image.fromarray(255 - ink), Image.fromarray(ink // 2 + 100)):
            found = np.asarray(function(brief_drawing_code(style))(picture))
            assert apart(found, expected) / style.peak < (0.08 if pen == 12 else 0.15)


def test_paper_without_ink_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no ink"):
        function(brief_drawing_code(UPRIGHT))(Image.new("RGB", (50, 70), "white"))


def test_a_model_of_digits_reads_its_images_as_the_app_does(real_data: Path, tmp_path: Path) -> None:
    """Images of the test part black on white, and digits drawn again, from a hair to a thick pen."""
    config = next(recipe.config for recipe in RECIPES if recipe.name == "mnist-fast")
    spec = input_spec_of(config, described("mnist", tmp_path).meta)
    network = build_model(config, spec, 10, weights=False).eval()
    network.load_state_dict(load_file(WEIGHTS))
    style, random = catalog()["mnist"].measured.style, np.random.default_rng(1)
    drawn = function(brief_drawing_code(style))
    images, truth = part(real_data, "t10k", 50)
    pictures = [ImageOps.invert(Image.fromarray(image)) for image in images]
    pens = [None, 0.05, 0.1, 0.15, 0.2]
    for place, image in enumerate(images):
        page = Image.fromarray(drawing(image, random, pens[place % 5]))
        pictures.append(ImageOps.expand(page.crop(ImageOps.invert(page).getbbox()), 40, 255).reduce(2))
    found = []
    for way in (drawn, lambda picture: to_input(read_drawing(np.asarray(picture)), style)):
        seen = torch.from_numpy(np.stack([np.asarray(way(picture), np.float32) for picture in pictures]))[:, None]
        with torch.inference_mode():
            found.append(network((seen / 255 - 0.1307) / 0.3081).argmax(1).numpy())
    brief, app = (answers.reshape(2, 50) == truth for answers in found)
    assert (brief.mean(1) >= 0.98).all() and (brief.mean(1) >= app.mean(1)).all()
    assert (found[0] == found[1])[50:].sum() >= 49
