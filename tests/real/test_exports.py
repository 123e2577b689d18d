"""What a trained model is exported as answers real images as the app does. Runs only where EPOCHLAB_TEST_DATA names the
data sets."""

import base64
import io
import zipfile

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from core.datasets.source import DataSource
from core.exporters.export import export
from core.files.paths import Workspace
from core.inference import predictor
from core.inference.drawing_style import drawing_style_of
from core.prepared.prepare import require
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from tests.browser.conftest import require_chromium
from tests.browser.serving import ARGS
from tests.conftest import LONG
from tests.inference import papers, pens
from tests.real.drawings import drawing, strokes_of
from tests.serving.running import running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), LONG]

IMAGES = 100  # of each set, which no model has learned from


def png(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("kind", ["digits", "photographs"])
def test_programs_and_the_server_answer_as_the_app_does(request, core, home, real_data, kind):
    """Digits of a convolutional network, and photographs of many sizes of a network that knows ImageNet."""
    if kind == "digits":
        name = request.getfixturevalue("mnist_fast")
    else:
        asked = ("--recipe", "folder-photos", "--set", f"data.path={real_data / 'hymenoptera.zip'}")
        name = core("train", *asked)[-1]["run"]
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    run = Lab(workspace, SqlStore(workspace.database)).run(name)
    prepared, answerer = require(DataSource.of(run.config.data), workspace), predictor.load(run, workspace)
    chosen = next(prepared.indices(part) for part in ("test", "val") if len(prepared.indices(part)))[:IMAGES]
    images = [prepared.image(int(index)) for index in chosen]
    expected = np.stack([answerer.predict([image])[0] for image in images])

    session = onnxruntime.InferenceSession(export(run, workspace, "onnx"), providers=["CPUExecutionProvider"])
    program = torch.export.load(io.BytesIO(export(run, workspace, "pt2"))).module()
    found = {
        "onnx": np.stack([session.run(None, {"images": image[None]})[0][0] for image in images]),
        "pt2": np.stack([program(torch.from_numpy(image[None])).numpy()[0] for image in images]),
    }
    with running(home, run.id) as server:
        answers = [server.predict(png(image), "?image&as-is")[1]["probabilities"] for image in images]
    found["served"] = np.array([list(one.values()) for one in answers])
    right = (expected.argmax(1) == prepared.labels[chosen]).mean()
    for door, probabilities in found.items():
        print(f"{kind}, {door}: {np.abs(probabilities - expected).max():.1e} at most ({right:.0%} right)")
    assert right >= 0.9
    assert all(np.abs(probabilities - expected).max() < 1e-5 for probabilities in found.values())


IN_THE_PAGE = """async ({file, strokes, pen}) => {
  if (strokes) return answer(drawn(strokes, pen, MODEL.style));
  const image = await createImageBitmap(await (await bytes(file)).blob());
  const found = inked(taken(image, image.width, image.height).picture);
  return answer(drawn(found.strokes, found.pen, MODEL.style));
}"""


def drawn_somehow(kind: str, digit: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, dict]:
    """A digit as a picture of a drawing, and what the page is asked: that picture, or the strokes that make it."""
    if kind == "strokes":
        strokes, pen = strokes_of(digit), random.uniform(4, 40)
        return 255 - pens.sheet(strokes, pen=pen, size=1, at=(0, 0)), {"strokes": strokes, "pen": pen}
    if kind == "paper":
        picture = papers.on_paper(papers.hand(digit, random), "plain", random)
    else:
        picture = drawing(digit, random, None if kind == "thin" else random.uniform(0.1, 0.22))
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    return picture, {"file": base64.b64encode(content.getvalue()).decode()}


def test_its_page_reads_drawings_as_the_app_does(home, mnist_fast, tmp_path):
    """500: pictures of sheets, of paper under uneven light, and strokes as a hand draws them on the page."""
    sync_api = pytest.importorskip("playwright.sync_api")
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    run = Lab(workspace, SqlStore(workspace.database)).run(mnist_fast)
    prepared, answerer = require(DataSource("mnist"), workspace), predictor.load(run, workspace)
    zipfile.ZipFile(io.BytesIO(export(run, workspace, "app"))).extractall(tmp_path)
    random, style = np.random.default_rng(13), drawing_style_of(prepared)
    kinds = np.repeat(["thin", "thick", "paper", "strokes"], [100, 100, 100, 200])
    chosen = random.choice(prepared.indices("test"), len(kinds), replace=False)
    answers = []  # of the app and of the page
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=require_chromium(), args=ARGS)
        tab = browser.new_page()
        tab.goto((tmp_path / "index.html").as_uri())
        for kind, index in zip(kinds, chosen, strict=True):
            picture, asked = drawn_somehow(kind, prepared.array[index][:, :, 0], random)
            image, _ = predictor.from_drawing(picture, style, one_sign=True)
            answers.append((answerer.predict([image])[0].argmax(), np.argmax(tab.evaluate(IN_THE_PAGE, asked))))
        browser.close()
    answers, truth = np.array(answers), prepared.labels[chosen][:, None]
    for kind in np.unique(kinds):
        right = (answers == truth)[kinds == kind].mean(0)
        print(f"{kind}: right {right[0]:.1%} in the app, {right[1]:.1%} on the page")
    assert ((answers == truth).mean(0) >= 0.97).all()
    assert (answers[:, 0] == answers[:, 1]).mean() >= 0.97
