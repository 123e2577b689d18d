"""A folder that runs, as a ZIP: the model as ONNX, a script that answers files, a model card, and a web page."""

import io
import time
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

if not sys.argv[1:]:
    sys.exit("Usage: python predict.py PICTURE …")
failed = False
for file in sys.argv[1:]:
    try:
        picture = ImageOps.exif_transpose(Image.open(file)).convert("{mode}")
    except OSError as error:  # not there, or no picture: the others are answered
        print(f"{{file}}: {{error}}", file=sys.stderr)
        failed = True
        continue
    levels = np.atleast_3d(np.asarray(picture))  # (H, W, 1 or 3) uint8, of any size: the model prepares it
    (probabilities,) = model.run(None, {{"images": levels[None]}})[0]
    best = int(probabilities.argmax())
    label = classes[best] if probabilities[best] >= least else "none of these"
    print(f"{{file}}\\t{{label}}\\t{{probabilities[best]:.4f}}")
sys.exit(failed)
'''
READABLE = 0o644  # by a web server, too, which is somebody else
REQUIREMENTS = "numpy\nonnxruntime>=1.20\npillow\n"
USAGE = """`pip install -r requirements.txt`, then `python predict.py PICTURE …` prints the answer to each picture and
its probability. `model.onnx` takes pictures of any size as uint8 [N, H, W, C] (C is 1 or 3) and prepares them itself,
so any ONNX runtime can ask it; its metadata holds the classes."""
PAGE = """

`index.html` answers {what} in a browser, opened as a file or sent by any web server, without a network.{ink}"""
INK = """ It finds
a drawing on plain paper; `predict.py` does not, and takes pictures that look as the training images do."""
NO_PAGE = """

There is no web page here, because the model is larger than a browser can read."""


def write(exported: Exported) -> bytes:
    from core.exporters.model_card import model_card
    from core.exporters.web_page import page_files, style_of_drawings

    model, channels = onnx.write(exported), exported.trained.meta.channels
    page = page_files(exported, model)
    drawings = style_of_drawings(exported) is not None
    about = PAGE.format(what=f"{'drawings, ' if drawings else ''}pictures and the camera", ink=INK if drawings else "")
    files = {
        "model.onnx": model,
        "predict.py": PREDICT.format(mode="L" if channels == 1 else "RGB").encode(),
        "requirements.txt": REQUIREMENTS.encode(),
        "README.md": model_card(exported, USAGE + (about if page else NO_PAGE)).encode(),
        "settings.json": exported.trained.config.to_json().encode(),
        **page,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name, time.localtime()[:6])
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, READABLE << 16
            archive.writestr(member, content)
    return buffer.getvalue()


SPECS = (
    ExporterSpec(
        name="app",
        title="A folder that runs (.zip)",
        help="The model as ONNX, a script that answers files, a model card, and a web page.",
        endings=(".zip",),
        write=write,
        order=4,
        media_type="application/zip",
        extra=onnx.EXTRA,
    ),
)
