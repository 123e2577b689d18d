"""The layer table of a model: what each layer puts out, its weights and their shapes."""

from dataclasses import dataclass
from math import prod

import torch
from torch import nn

from core.loading.input_spec import InputSpec
from core.models.build import multiply_adds
from core.models.shapes import element_count, shapes_of


@dataclass(frozen=True)
class LayerRow:
    """One layer. Shapes are for one image: (C, H, W), or (features,)."""

    name: str  # dotted, as in the state_dict: `layer1.0.conv1`
    kind: str  # its class: Conv2d, BatchNorm2d, …
    output_shape: tuple[int, ...]
    weights: dict[str, tuple[int, ...]]  # name in the state_dict → shape
    parameters: int
    trainable: bool


@dataclass(frozen=True)
class Summary:
    rows: list[LayerRow]
    input_shape: tuple[int, ...]  # (C, H, W)
    parameters: int
    learning: dict[str, tuple[int, ...]]  # the shapes of the parameters that learn, by name, in the model's order
    multiply_adds: int  # of one image's forward pass, in convolutions and linear layers

    @property
    def trainable(self) -> int:
        """Parameters that learn."""
        return element_count(self.learning)

    @property
    def outputs(self) -> int:
        """Numbers that the layers with weights put out for one image; the others may reuse the same memory."""
        return sum(prod(row.output_shape) for row in self.rows if row.parameters)


def summarise_network(model: nn.Module, spec: InputSpec) -> Summary:
    """List the layers of a network in the order in which an image passes them."""
    rows: list[LayerRow] = []

    def note(name: str, layer: nn.Module, output: torch.Tensor) -> None:
        weights = {f"{name}.{key}": tuple(p.shape) for key, p in layer.named_parameters(recurse=False)}
        count = sum(p.numel() for p in layer.parameters(recurse=False))
        learns = any(p.requires_grad for p in layer.parameters(recurse=False))
        rows.append(LayerRow(name, type(layer).__name__, tuple(output.shape[1:]), weights, count, learns))

    hooks = [
        layer.register_forward_hook(lambda module, _, output, name=name: note(name, module, output))
        for name, layer in model.named_modules()
        if not list(layer.children())
    ]
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, spec.channels, *spec.size))
    for hook in hooks:
        hook.remove()
    return Summary(
        rows,
        (spec.channels, *spec.size),
        parameters=sum(p.numel() for p in model.parameters()),
        learning=shapes_of(model),
        multiply_adds=multiply_adds(model, spec),
    )
