"""ONNX, for any program and language with an ONNX runtime. The preparation of the pictures lies in the graph."""

from core.exporters.spec import Exported, ExporterSpec, Extra

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
    for key, value in description(exported).items():
        model.metadata_props.add(key=key, value=value)
    content: bytes = model.SerializeToString()
    return content


SPECS = (
    ExporterSpec(
        name="onnx",
        title="ONNX",
        help="For onnxruntime in Python, C++, C#, Java or a browser. Pictures of any size in, probabilities out.",
        endings=(".onnx",),
        write=write,
        usage="`{file}` takes pictures of any size as `images`, uint8 [N, H, W, C] (C is 1 or 3), prepares them itself "
        "and gives `probabilities`, float32 [N, classes]. Any ONNX runtime can ask it; its metadata holds the classes.",
        order=2,
        extra=EXTRA,
    ),
)
