"""The web page of an exported folder answers drawings and pictures as the app does, as a file and from a server."""

import gzip
import hashlib
import io
import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.exporters.export import export
from core.exporters.web_page import RUNTIME
from core.inference import predictor
from core.inference.drawing_style import drawing_style_of
from tests.file_server import serving
from tests.inference.pens import CROSS, FIVE, TWO, sheet

pytestmark = pytest.mark.browser
PREPARED = """strokes => { const {height, width, levels} = drawn(strokes, 12, MODEL.style);
                         return {height, width, levels: [...levels]}; }"""


def test_it_answers_as_the_app_does(browser, trained, workspace, digits, tmp_path):
    archive = zipfile.ZipFile(io.BytesIO(export(trained, workspace, "app")))
    assert {one.external_attr >> 16 for one in archive.filelist} == {0o644}  # a web server may read them
    archive.extractall(tmp_path)
    model, style = predictor.load(trained, workspace), drawing_style_of(digits)
    random, tab = np.random.default_rng(0), browser.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    asked_for: list[str] = []
    tab.on("request", lambda request: asked_for.append(request.url.partition(":")[0]))
    tab.goto((tmp_path / "index.html").as_uri())

    for size in ((8, 8, 1), (41, 30, 3), (9, 90, 3)):
        picture = random.integers(0, 256, size, np.uint8)
        asked = {"height": size[0], "width": size[1], "levels": picture.ravel().tolist()}
        assert np.abs(np.array(tab.evaluate("answer", asked)) - model.predict([picture])[0]).max() < 1e-5

    for strokes in (TWO, FIVE, CROSS):
        expected, _ = predictor.from_drawing(255 - sheet(strokes), style, one_sign=True)
        seen = tab.evaluate(PREPARED, [[[60 + 160 * x, 60 + 160 * y] for x, y in stroke] for stroke in strokes])
        levels = np.array(seen["levels"]).reshape(seen["height"], seen["width"])
        assert np.abs(levels - expected[..., 0].astype(float)).mean() < 8

    Image.fromarray(255 - sheet(TWO)).save(tmp_path / "two.png")  # on paper: its ink is looked for
    tab.locator("#file").set_input_files(tmp_path / "two.png")
    tab.get_by_text("2 — ").wait_for()
    Image.fromarray(255 - np.hstack([sheet(TWO), sheet(FIVE)])).save(tmp_path / "both.png")
    tab.locator("#file").set_input_files(tmp_path / "both.png")
    tab.get_by_text("There are 2 signs").wait_for()
    tab.get_by_text("They are one sign").click()
    tab.get_by_text("There are 2 signs").wait_for(state="detached")
    number = next(int(i) for i in digits.indices("test") if model.predict([digits.image(int(i))])[0].max() > 0.9)
    label = model.classes[model.predict([digits.image(number)])[0].argmax()]
    Image.fromarray(255 - digits.image(number)[..., 0]).save(tmp_path / "turned.png")  # dark on light, in their size
    tab.locator("#file").set_input_files(tmp_path / "turned.png")
    tab.get_by_text(f"{label} — ").first.wait_for()
    clear = Image.new("RGBA", (160, 160), (255, 255, 255, 0))
    clear.putalpha(Image.fromarray(sheet(TWO)).resize((160, 160)))  # white ink
    clear.save(tmp_path / "white_ink.png")
    tab.locator("#file").set_input_files(tmp_path / "white_ink.png")
    tab.get_by_text("2 — ").wait_for()
    Image.new("L", (8, 8), 90).save(tmp_path / "empty.png")
    tab.locator("#file").set_input_files(tmp_path / "empty.png")
    tab.get_by_text("There is no drawing on this picture.").wait_for()
    (tmp_path / "words.png").write_text("no picture")
    tab.locator("#file").set_input_files(tmp_path / "words.png")
    tab.get_by_text("This file is not a picture").wait_for()
    Image.new("RGB", (50, 70), "white").save(tmp_path / "white.png")
    tab.locator("#file").set_input_files(tmp_path / "white.png")
    tab.get_by_text("There is no drawing on this picture.").wait_for()

    assert set(asked_for) <= {"file", "data", "blob"}
    with serving(tmp_path) as address:
        tab.goto(address)
        box = tab.locator("#sheet").bounding_box()
        tab.mouse.move(box["x"] + 140, box["y"] + 40)
        tab.mouse.down()
        tab.mouse.move(box["x"] + 140, box["y"] + 220, steps=8)
        tab.mouse.up()
        tab.get_by_text("1 — ").wait_for()
        tab.mouse.move(box["x"] + 240, box["y"] + 40)
        tab.mouse.down()
        tab.mouse.move(box["x"] + 240, box["y"] + 220, steps=8)
        tab.mouse.up()
        tab.get_by_text("There are 2 signs").wait_for()

        tab.get_by_text("Clear").click()
        assert tab.locator("#answer").inner_text() == ""
        tab.get_by_text("Use the camera").click()
        tab.get_by_role("button", name="Ask").click()
        tab.locator("#answer:not(:empty)").wait_for()
        assert tab.evaluate("document.getElementById('video').videoWidth") > 100
        assert "cannot be used" not in tab.locator("#answer").inner_text()
    assert not errors, json.dumps(errors)


def test_the_runtime_is_the_one_that_its_note_names():
    note = (RUNTIME / "README.md").read_text()
    for name, digest in re.findall(r"`(ort\S+)`.*`([0-9a-f]{64})`", note):
        assert hashlib.sha256(gzip.decompress((RUNTIME / f"{name}.gz").read_bytes())).hexdigest() == digest
    assert note.count("| `ort") == len(list(RUNTIME.glob("*.gz")))
