"""A folder that runs, as a ZIP: the model as ONNX, a script that answers files, a model card, and a web page."""

import io
import time
import zipfile

from core.exporters.formats import onnx
from core.exporters.spec import Exported, ExporterSpec

PREDICT = """import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

from picture import prepared  # beside this file

model = onnxruntime.InferenceSession(Path(__file__).parent / "model.onnx", providers=["CPUExecutionProvider"])
about = model.get_modelmeta().custom_metadata_map
classes, least = json.loads(about["classes"]), float(about["threshold"])
files = sys.argv[1:] or sys.exit("usage: python predict.py PICTURE ...")
failed = False
for file in files:
    try:
        levels = np.atleast_3d(prepared(file))  # (height, width, 1 or 3) uint8, of any size
    except Exception as error:  # not there, no picture, nothing on it: the others are answered
        print(f"{file}: {error}", file=sys.stderr)
        failed = True
        continue
    probabilities = model.run(None, {"images": levels[None]})[0][0]  # the model scales them itself
    best = probabilities.argmax()
    label = classes[best] if probabilities[best] >= least else "none of these"
    print(f"{file}\\t{label}\\t{probabilities[best]:.4f}")
sys.exit(failed)
"""
READABLE = 0o644  # by a web server, too, which is somebody else
REQUIREMENTS = "numpy\nonnxruntime>=1.20\npillow\n"
USAGE = """`pip install -r requirements.txt`, then `python predict.py PICTURE …` prints the answer to each picture and
its probability; `picture.py` opens and prepares them.
`model.onnx` takes pictures of any size as uint8 [N, H, W, C] (C is 1 or 3) and prepares them itself,
so any ONNX runtime can ask it; its metadata holds the classes."""
PAGE = """

`index.html` answers {what} in a browser, opened as a file or sent by any web server, without a network. Of a
picture with 16 bits a colour a browser gives only the upper 8: one that uses few of them is too dark for the page."""
INK = """

A drawing on plain paper, of any size and by any pen, is brought to the style of the training images first, by the page
and by `drawn` in `picture.py`, which needs evenly lit paper with one sign on it. `model.onnx` alone does not do it: it
takes a picture that is {looks}.

{short}"""
NO_PAGE = """

There is no web page here, because the model is larger than a browser can read."""


def write(exported: Exported) -> bytes:
    from core.exporters.model_card import model_card
    from core.exporters.web_page import page_files
    from core.script.drawn import DRAWN

    model, style = onnx.write(exported), exported.style
    page = page_files(exported, model)
    about = PAGE.format(what=f"{'drawings, ' if style else ''}pictures and the camera") if page else NO_PAGE
    files = {
        "model.onnx": model,
        "predict.py": PREDICT.encode(),
        "picture.py": preparing_module(exported).encode(),
        "requirements.txt": REQUIREMENTS.encode(),
        "README.md": model_card(
            exported, USAGE + about + (INK.format(looks=style.looks, short=DRAWN) if style else "")
        ).encode(),
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


def preparing_module(exported: Exported) -> str:
    """`picture.py`, with as much of a picture's preparation as the training images need."""
    from core.exporters.picture_code import picture_code, pillow_modules

    return (
        '"""Opens a picture, and prepares it for the model as Epochlab does."""\n\n'
        f"{'import sys' + chr(10) * 2 if exported.style else ''}"
        f"import numpy as np\nfrom PIL import {pillow_modules(exported)}\n\n\n{picture_code(exported)}"
    )


SPECS = (
    ExporterSpec(
        name="app",
        title="A folder that runs (.zip)",
        help="A web page that answers pictures, drawings or the camera, and a script that answers files, both without "
        "Epochlab; the model as ONNX, and a model card.",
        endings=(".zip",),
        write=write,
        order=4,
        media_type="application/zip",
        extra=onnx.EXTRA,
    ),
)
