"""ONNX, for any program and language with an ONNX runtime. The preparation of the pictures lies in the graph."""

import re
from typing import TYPE_CHECKING

from core.exporters.spec import Exported, ExporterSpec, Extra

if TYPE_CHECKING:
    from onnx import GraphProto

EXTRA = Extra("onnx", ("onnx", "onnxscript"), 45)


def write(exported: Exported) -> bytes:
    """`images` uint8 [N, H, W, C] → `probabilities` float32 [N, classes]; what they are stands in the metadata."""
    import torch

    from core.exporters.answering import TRACING, description, traced

    program = traced(exported.trained)
    with TRACING:
        found = torch.onnx.export(
            program, dynamo=True, input_names=["images"], output_names=["probabilities"], verbose=False
        )
    assert found is not None
    model = found.model_proto
    name_axes(model.graph)
    for key, value in description(exported).items():
        model.metadata_props.add(key=key, value=value)
    content: bytes = model.SerializeToString()
    return content


def name_axes(graph: "GraphProto") -> None:
    """Give the free axes of what goes in and out their names, in place of those of torch's symbols."""
    axes = [dimension.dim_param for dimension in graph.input[0].type.tensor_type.shape.dim]
    named = dict(zip(axes, ("batch", "height", "width", "channels"), strict=True))
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param:
                dimension.dim_param = re.sub(r"\w+", lambda word: named.get(word[0], word[0]), dimension.dim_param)


LINES = """import json

import numpy as np
import onnxruntime
from PIL import Image

model = onnxruntime.InferenceSession("FILE")
classes = json.loads(model.get_modelmeta().custom_metadata_map["classes"])
picture = np.asarray(Image.open("picture.png").convert("RGB"))  # (height, width, 3) uint8
(probabilities,) = model.run(None, {"images": picture[None]})[0]  # [None]: a batch of one
print(classes[probabilities.argmax()], probabilities.max())
"""

SPECS = (
    ExporterSpec(
        name="onnx",
        title="ONNX",
        help="For onnxruntime in Python, C++, C#, Java or a browser. Pictures of any size in, probabilities out.",
        endings=(".onnx",),
        write=write,
        usage="`{file}` takes pictures of any size as `images`, uint8 [N, H, W, C] (C is 1 or 3), prepares them itself "
        "and gives `probabilities`, float32 [N, classes]. Any ONNX runtime can ask it; its metadata holds the classes. "
        "Levels are whole numbers from 0 to 255, as files have them, because the model rounds as it did in training: "
        "floats from 0 to 1 are multiplied by 255 and rounded first.",
        lines=LINES,
        order=2,
        extra=EXTRA,
    ),
)
