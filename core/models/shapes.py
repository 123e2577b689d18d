"""The shapes of the parameters that learn: enough to compute the size of an optimizer's state. No torch here."""

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

Shapes = Mapping[str, tuple[int, ...]]  # by name, in the order of the model


def element_count(shapes: Shapes) -> int:
    """How many numbers learn."""
    return sum(prod(shape) for shape in shapes.values())


def shapes_of(model: "nn.Module") -> dict[str, tuple[int, ...]]:
    """The shapes of the parameters of a model that learn."""
    return {name: tuple(p.shape) for name, p in model.named_parameters() if p.requires_grad}
