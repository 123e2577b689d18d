"""A model as the plain PyTorch that builds it, for a person who uses the weights without Epochlab."""

from torch import nn


def assign(model: nn.Module, name: str) -> str:
    """`model = …` for a Sequential of plain layers, or for a network of torchvision with some layers replaced."""
    if isinstance(model, nn.Sequential) and isinstance(model[-1], nn.LogSoftmax) and len(model) == 2:
        return assign(model[0], name) + "model = nn.Sequential(model, nn.LogSoftmax(dim=1))\n"
    if isinstance(model, nn.Sequential):
        layers = "".join(f"    nn.{layer!r},\n" for layer in model)
        return f"model = nn.Sequential(\n{layers})\n"
    from torchvision.models import get_model

    original = dict(get_model(name, weights=None).named_modules())
    changed = [
        f"model.{index(path)} = nn.{layer!r}\n"
        for path, layer in model.named_modules()
        if not list(layer.children()) and repr(layer) != repr(original[path])
    ]
    return f'model = torchvision.models.get_model("{name}", weights=None)\n' + "".join(changed)


def index(path: str) -> str:
    """`features.0.0` as it is written in Python: `features[0][0]`."""
    first, *rest = path.split(".")
    return first + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest)
