"""Exported programs answer as the app does, for every family of models."""

import io
import json

import numpy as np
import onnxruntime
import pytest
import torch

from core.exporters.formats import onnx, torch_export
from core.inference.predictor import Predictor
from tests.conftest import but_for
from tests.exporters.formats.conftest import FAMILIES

# Slow to trace; of the kind of another one here.
DEAR = (
    "mlp", "layers", "mobilenet_v3_small", "resnet18", "resnet34", "resnet50", "efficientnet_lite0", "efficientnet_b0",
    "whitened_cnn",
)  # fmt: skip


@pytest.mark.parametrize("family", but_for(FAMILIES, DEAR))
def test_its_probabilities_are_the_apps_own(family, exported, digits):
    it = exported(family)
    images = np.stack([digits.image(i) for i in range(100)])
    expected = Predictor(it.trained, torch.device("cpu"), "", it.trained.confidence).predict(images)
    other = np.random.default_rng(0).integers(
        0, 256, (1, 30, 41, 3), np.uint8
    )  # one picture, in colour, of another size

    session = onnxruntime.InferenceSession(onnx.write(it), providers=["CPUExecutionProvider"])
    extra = {"description.json": ""}
    program = torch.export.load(io.BytesIO(torch_export.write(it)), extra_files=extra).module()
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == list(digits.meta.classes) and about == json.loads(extra["description.json"])
    for asked, answers in ((images, expected), (other, program(torch.from_numpy(other)).numpy())):
        assert np.abs(session.run(None, {"images": asked})[0] - answers).max() < 1e-5
    assert np.abs(program(torch.from_numpy(images)).numpy() - expected).max() < 1e-5
