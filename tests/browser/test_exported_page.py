"""The web page of an exported folder answers drawings and pictures as the app does, from a plain file."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.exporters.export import export
from core.inference import predictor
from core.inference.drawing_style import drawing_style_of
from tests.inference.pens import CROSS, FIVE, TWO, sheet

pytestmark = pytest.mark.browser


def test_it_answers_as_the_app_does(browser, trained, workspace, digits, tmp_path):
    zipfile.ZipFile(io.BytesIO(export(trained, workspace, "app"))).extractall(tmp_path)
    model, random = predictor.load(trained, workspace), np.random.default_rng(0)
    pictures = [digits.image(0), *(random.integers(0, 256, (*size, 3), np.uint8) for size in ((41, 30), (9, 90)))]
    tab = browser.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto((tmp_path / "index.html").as_uri())
    for picture in pictures:
        height, width, colours = picture.shape
        asked = {"height": height, "width": width, "colours": colours, "levels": picture.ravel().tolist()}
        found = tab.evaluate("picture => answer(picture, MODEL)", asked)
        assert np.abs(np.array(found) - model.predict([picture])[0]).max() < 1e-5
    for strokes in (TWO, FIVE, CROSS):
        given = [[[60 + 160 * x, 60 + 160 * y] for x, y in stroke] for stroke in strokes]
        seen = tab.evaluate("strokes => drawn(strokes, 12, MODEL.style)", given)
        expected, _ = predictor.from_drawing(255 - sheet(strokes), drawing_style_of(digits), one_sign=True)
        levels = np.array(list(seen["levels"].values()) if isinstance(seen["levels"], dict) else seen["levels"])
        assert np.abs(levels.reshape(expected.shape[:2]) - expected[..., 0].astype(float)).mean() < 8
    box = tab.locator("#sheet").bounding_box()
    assert box
    tab.mouse.move(box["x"] + 140, box["y"] + 40)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 140, box["y"] + 220, steps=8)
    tab.mouse.up()
    assert tab.locator("#answer").inner_text().startswith("1 — ")
    Image.new("RGB", (50, 70), "white").save(tmp_path / "white.png")
    tab.locator("#file").set_input_files(tmp_path / "white.png")
    white = model.predict([np.full((70, 50, 3), 255, np.uint8)])[0]
    tab.get_by_text(f"{model.classes[white.argmax()]} — {white.max():.1%}".replace("%", " %")).wait_for()
    assert not errors, json.dumps(errors)
