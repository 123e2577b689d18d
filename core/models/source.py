"""A model as the plain PyTorch that builds it, for a person who uses the weights without Epochlab.

Whoever runs it may have an earlier PyTorch: what is a layer's default is left out, as versions add arguments.
"""

from inspect import getsource, signature
from typing import Any

from torch import nn

NAMED = ("kernel_size", "output_size")  # arguments that are called by their names, as papers do
NO_PART = ("device", "dtype")  # arguments that say nothing of what a layer computes
OLDEST = "torch 2.0 and torchvision 0.15"  # that run what is written here


def assign(model: nn.Module, name: str) -> str:
    """`model = …` for a Sequential of plain layers, or for a network of torchvision with some layers replaced."""
    if isinstance(model, nn.Sequential) and isinstance(model[-1], nn.LogSoftmax) and len(model) == 2:
        return assign(model[0], name) + "model = nn.Sequential(model, nn.LogSoftmax(dim=1))\n"
    if isinstance(model, nn.Sequential):
        # The definition of a layer that PyTorch does not have needs nothing but `torch` and `nn`.
        own = dict.fromkeys(getsource(type(layer)) for layer in model if not is_torchs(layer))
        layers = "".join(f"    {layer_source(layer)},\n" for layer in model)
        return "".join(f"{definition}\n\n" for definition in own) + f"model = nn.Sequential(\n{layers})\n"
    from torchvision.models import get_model

    original = dict(get_model(name, weights=None).named_modules())
    changed = [
        f"model.{index(path)} = {layer_source(layer)}\n"
        for path, layer in model.named_modules()
        if not list(layer.children()) and repr(layer) != repr(original[path])
    ]
    return f'model = torchvision.models.get_model("{name}", weights=None)\n' + "".join(changed)


def index(path: str) -> str:
    """`features.0.0` as it is written in Python: `features[0][0]`."""
    first, *rest = path.split(".")
    return first + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest)


def is_torchs(layer: nn.Module) -> bool:
    return type(layer).__module__.startswith("torch.")


def layer_source(layer: nn.Module) -> str:
    """`nn.Conv2d(1, 32, kernel_size=3, padding=1)`: a plain layer with the arguments that are not its defaults."""
    said = []
    for name, parameter in signature(type(layer)).parameters.items():
        if name in NO_PART or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = layer.bias is not None if name == "bias" else plain(getattr(layer, name))
        default = plain(parameter.default)
        if name == "stride" and default is None:  # of a pooling layer
            default = plain(layer.kernel_size)
        if default is parameter.empty and name not in NAMED:
            said.append(repr(value))
        elif default is parameter.empty or value != default:
            said.append(f"{name}={value!r}")
    return f"{'nn.' if is_torchs(layer) else ''}{type(layer).__name__}({', '.join(said)})"


def plain(value: Any) -> Any:
    """A size of equal sides as one number."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
