"""A folder that runs, as a ZIP: the model as ONNX, a script that answers files, a model card, and a web page for the
networks that it can compute."""

import io
import zipfile

from core.exporters.formats import onnx
from core.exporters.spec import Exported, ExporterSpec

PREDICT = '''"""Answer pictures: python predict.py PICTURE …"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

model = onnxruntime.InferenceSession(Path(__file__).parent / "model.onnx", providers=["CPUExecutionProvider"])
about = model.get_modelmeta().custom_metadata_map
classes, least = json.loads(about["classes"]), float(about["threshold"])

for file in sys.argv[1:]:
    picture = ImageOps.exif_transpose(Image.open(file)).convert("{mode}")
    levels = np.atleast_3d(np.asarray(picture))  # (H, W, 1 or 3) uint8, of any size: the model prepares it
    (probabilities,) = model.run(None, {{"images": levels[None]}})[0]
    best = int(probabilities.argmax())
    label = classes[best] if probabilities[best] >= least else "none of these"
    print(f"{{file}}\\t{{label}}\\t{{probabilities[best]:.4f}}")
'''
REQUIREMENTS = "numpy\nonnxruntime>=1.20\npillow\n"
USAGE = """`pip install -r requirements.txt`, then `python predict.py PICTURE …` prints the answer to each picture and
its probability. `model.onnx` takes pictures of any size as uint8 [N, H, W, C] (C is 1 or 3) and prepares them itself,
so any ONNX runtime can ask it; its metadata holds the classes."""
PAGE = """

`index.html` answers {what} in a browser, from this folder and without a network."""
NO_PAGE = """

There is no web page here: the page that Epochlab writes computes plain networks, and this one has other layers or
more than ten million numbers."""


def write(exported: Exported) -> bytes:
    from core.exporters.model_card import model_card
    from core.exporters.web_page import page_files, style_of_drawings

    page, channels = page_files(exported), exported.trained.meta.channels
    what = f"{'drawings, ' if style_of_drawings(exported) else ''}pictures and the camera"
    files = {
        "model.onnx": onnx.write(exported),
        "predict.py": PREDICT.format(mode="L" if channels == 1 else "RGB").encode(),
        "requirements.txt": REQUIREMENTS.encode(),
        "README.md": model_card(exported, USAGE + (PAGE.format(what=what) if page else NO_PAGE)).encode(),
        "settings.json": exported.trained.config.to_json().encode(),
        **page,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


SPECS = (
    ExporterSpec(
        name="app",
        title="A folder that runs (.zip)",
        help="The model as ONNX, a script that answers files, a model card, and a web page for small networks.",
        endings=(".zip",),
        write=write,
        order=4,
        media_type="application/zip",
        extra=onnx.EXTRA,
    ),
)
