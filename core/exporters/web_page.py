"""A static web page that answers drawings and pictures in the browser, with onnxruntime-web."""

import base64
import json
from pathlib import Path

from core import formatting
from core.exporters.spec import Exported

FILES = Path(__file__).parent / "web"
OWN = ("index.html", "page.js", "drawing.js", "ink.js")
RUNTIME = FILES / "onnxruntime-web"
MAX_NAMED = 20  # classes in a sentence
MAX_MODEL_MB = 256  # of ONNX: as base64 it has to fit into one text of a browser, which takes 512


def page_files(exported: Exported, onnx: bytes) -> dict[str, bytes]:
    """The page's files by their names, around a model in ONNX; none where that is too large."""
    if len(onnx) > MAX_MODEL_MB << 20:
        return {}
    trained, style = exported.trained, exported.style
    spec = trained.spec
    model = {
        "name": exported.run.name,
        "classes": trained.meta.classes,
        "about": about(exported),
        "threshold": trained.confidence.threshold,
        "input": {"size": spec.size, "resized": spec.resized, "channels": spec.channels, "ground": spec.ground},
        "style": style and style.model_dump(),
        "ground": exported.ground and exported.ground._asdict(),
        "onnx": text(onnx),
    }
    runtime = {"module": "ort.wasm.bundle.min.mjs.gz", "wasm": "ort-wasm-simd-threaded.wasm.gz"}
    return {
        **{name: (FILES / name).read_bytes() for name in OWN},
        "model.js": script("MODEL", model),
        "runtime.js": script("RUNTIME", {name: text((RUNTIME / file).read_bytes()) for name, file in runtime.items()}),
        "LICENSE-onnxruntime-web.txt": (RUNTIME / "LICENSE").read_bytes(),
    }


def about(exported: Exported) -> str:
    """What the page says before it was asked: how good the model is, and what it names."""
    classes, scores = exported.trained.meta.classes, exported.run.summary or {}
    good = ""
    if "test_accuracy" in scores:
        right = formatting.of(scores.get("test_correct"), scores.get("test_total"))
        good = f"Test accuracy {formatting.percent(scores['test_accuracy'])} ({right}). "
    more = f" and {len(classes) - MAX_NAMED} more" if len(classes) > MAX_NAMED else ""
    return f"{good}It names one of {len(classes)} classes: {', '.join(classes[:MAX_NAMED])}{more}."


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def script(name: str, values: object) -> bytes:
    """JavaScript that names them: a page that was opened as a file can read no other kind of file."""
    return f"const {name} = {json.dumps(values)};\n".encode()
