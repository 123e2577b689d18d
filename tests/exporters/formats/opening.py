"""Opens what was exported with the libraries that others have: run where this project cannot be imported."""

import contextlib
import importlib.util
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import safetensors.torch
import torch

assert importlib.util.find_spec("core") is None
folder = Path(sys.argv[1])
images = np.load(folder / "images.npy")


def probabilities(content):
    session = onnxruntime.InferenceSession(content)
    assert session.get_inputs()[0].shape == ["batch", "height", "width", "channels"]
    assert session.get_outputs()[0].shape[0] == "batch"
    return session.run(None, {"images": images})[0]


def unpacked(path):
    """The answers of its script, which a process of its own gives."""
    zipfile.ZipFile(path).extractall(folder / "app")
    script = [sys.executable, "-E", "-s", folder / "app" / "predict.py"]  # which has the file beside it on its path
    usage = subprocess.run(script, capture_output=True, text=True)
    assert usage.returncode == 1 and usage.stderr.startswith("usage: python predict.py")
    assert len((folder / "app" / "predict.py").read_text().splitlines()) <= 27
    done = subprocess.run(
        [*script, folder / "app" / "README.md", folder / "picture.png", folder / "drawing.png"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "README.md" in done.stderr and "Traceback" not in done.stderr
    lines = [line.split("\t")[1:] for line in done.stdout.splitlines()]
    return {"lines": lines, **given(probabilities((folder / "app" / "model.onnx").read_bytes()))}


def weights(state):
    return {"weights": {name: list(tensor.shape) for name, tensor in state.items()}}


def given(found):
    return {"probabilities": found.tolist()}


OPENS = {
    ".pt": lambda path: weights(torch.load(path, weights_only=True)),
    ".safetensors": lambda path: weights(safetensors.torch.load_file(path)),
    ".onnx": lambda path: given(probabilities(path.read_bytes())),
    ".pt2": lambda path: given(torch.export.load(path).module()(torch.from_numpy(images)).numpy()),
    ".zip": unpacked,
}


def told(lines):
    """What the lines of a model card print."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(lines, {})  # with no name of this file
    return said.getvalue()


opened = {path.suffix: OPENS[path.suffix](path) for path in sorted(folder.glob("model.*")) if path.suffix in OPENS}
lines = [one for one in json.loads((folder / "lines.json").read_text()).values() if one]
print(json.dumps([opened, [told(one) for one in lines]]))
