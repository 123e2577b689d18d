"""A static web page that answers drawings and pictures in the browser, for networks of plain layers."""

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.datasets.source import DataSource
from core.exporters.spec import Exported
from core.inference.drawing_style import DrawingStyle, drawing_style_of
from core.models.module_source import flat
from core.prepared import prepare
from core.prepared.drawable import is_drawable
from core.sandbox.image_files import MAX_ASPECT

FILES = Path(__file__).parent / "web"
MAX_NUMBERS = 10_000_000  # of all layers: 53 MB of text, which a browser still reads in seconds
PLAIN = {nn.Flatten: "Flatten", nn.ReLU: "ReLU", nn.Tanh: "Tanh", nn.Sigmoid: "Sigmoid", nn.GELU: "GELU"}
UNSEEN = (nn.Dropout, nn.Identity, nn.LogSoftmax)  # change no probability once training is over


def page_files(exported: Exported) -> dict[str, bytes]:
    """The page's files by their names; none where the network has layers that the page does not know."""
    layers = plain_layers(exported.trained.model)
    if layers is None:
        return {}
    trained, style = exported.trained, style_of_drawings(exported)
    spec = trained.spec
    model = {
        "name": exported.run.name,
        "classes": trained.meta.classes,
        "temperature": trained.confidence.temperature,
        "threshold": trained.confidence.threshold,
        "input": asdict(spec) | {"resized": spec.resized, "aspect": MAX_ASPECT},
        "style": style and style.model_dump(),
        "layers": layers,
    }
    script = f"const MODEL = ready({json.dumps(model)});\n"
    return {name: (FILES / name).read_bytes() for name in ("index.html", "answer.js")} | {"model.js": script.encode()}


def style_of_drawings(exported: Exported) -> DrawingStyle | None:
    """How the training images are drawn; None where they are not, or are not at hand."""
    source = DataSource.of(exported.run.config.data)
    prepared = prepare.find(source, exported.workspace)
    return drawing_style_of(prepared) if prepared and is_drawable(source, exported.workspace) else None


def plain_layers(network: nn.Module) -> list[dict[str, Any]] | None:
    """A network as `answer.js` computes it: each layer's kind and numbers. None where it has another kind of layer, or
    too many numbers."""
    if sum(parameter.numel() for parameter in network.parameters()) > MAX_NUMBERS:
        return None
    found = []
    for layer in flat(network):
        if isinstance(layer, UNSEEN):
            continue
        described = plain_layer(layer)
        if described is None:
            return None
        found.append(described)
    return found


def plain_layer(layer: nn.Module) -> dict[str, Any] | None:
    if type(layer) in PLAIN and getattr(layer, "approximate", "none") == "none":
        return {"kind": PLAIN[type(layer)]}
    if isinstance(layer, nn.Linear):
        return {"kind": "Linear", "shape": list(layer.weight.shape), **numbers(weight=layer.weight, bias=layer.bias)}
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and layer.running_mean is not None:
        assert layer.running_var is not None
        factor = (layer.running_var + layer.eps).rsqrt() * (1 if layer.weight is None else layer.weight)
        shift = (0 if layer.bias is None else layer.bias) - layer.running_mean * factor
        return {"kind": "Scale", **numbers(factor=factor, shift=shift)}
    if isinstance(layer, nn.Conv2d):
        stride, padding = one(layer.stride), one(layer.padding)
        if layer.groups != 1 or one(layer.dilation) != 1 or layer.padding_mode != "zeros" or None in (stride, padding):
            return None
        return {"kind": "Conv2d", "shape": list(layer.weight.shape), "stride": stride, "padding": padding,
                **numbers(weight=layer.weight, bias=layer.bias)}  # fmt: skip
    if isinstance(layer, nn.MaxPool2d):
        size, stride, padding = one(layer.kernel_size), one(layer.stride), one(layer.padding)
        if one(layer.dilation) != 1 or layer.ceil_mode or None in (size, stride, padding):
            return None
        return {"kind": "MaxPool2d", "size": size, "stride": stride, "padding": padding}
    return None


def one(value: Any) -> int | None:
    """The number that holds for both axes; None where there are two, or words."""
    both = {value} if isinstance(value, int) else set(value)
    return both.pop() if len(both) == 1 and all(isinstance(number, int) for number in both) else None


def numbers(**tensors: Tensor | None) -> dict[str, str]:
    """Tensors as base64 of little-endian float32, row after row."""
    return {
        name: base64.b64encode(tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()).decode()
        for name, tensor in tensors.items()
        if tensor is not None
    }
