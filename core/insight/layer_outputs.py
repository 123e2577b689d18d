"""What each layer of a network makes of an image, in the order in which the image passes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod

import torch
from torch import Tensor, nn


def is_step(layer: nn.Module) -> bool:
    """Whether a layer is a step of its own on the way of an image: all but lists, whose last layer puts out the
    same."""
    return type(layer) is not nn.Sequential


@contextmanager
def watched(model: nn.Module, note: Callable[[str, nn.Module, Tensor, Tensor], None]) -> Iterator[None]:
    """A context in which `note(name, layer, input, output)` is told of every step that an image passes. The model must
    be nobody else's meanwhile: it would be told of their images, too."""

    def hook(name: str) -> Callable[[nn.Module, tuple[object, ...], object], None]:
        def told(layer: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            if inputs and isinstance(inputs[0], Tensor) and isinstance(output, Tensor):
                note(name, layer, inputs[0], output)

        return told

    hooks = [
        layer.register_forward_hook(hook(name)) for name, layer in model.named_modules() if name and is_step(layer)
    ]
    try:
        yield
    finally:
        for one in hooks:
            one.remove()


def output_shapes(model: nn.Module, inputs: Tensor) -> dict[str, tuple[int, ...]]:
    """Of each step, by its name, for one image: (C, H, W), or (F,) where it is flat. Shapes are the same for one image
    and for many, so one is shown to the model."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str, layer: nn.Module, before: Tensor, after: Tensor) -> None:
        shapes.pop(name, None)  # a layer that is passed twice stands where it is passed last
        shapes[name] = tuple(after.shape[1:])

    with torch.no_grad(), watched(model, note):
        model(inputs[:1])
    return shapes


def by_input(model: nn.Module, inputs: Tensor) -> list[str]:
    """The names of all steps in the order in which what they see is made: the layers of a shortcut come before those
    that they go around."""
    seen: dict[int, int] = {}  # identity of a tensor → its place among all that steps saw
    kept: list[Tensor] = []  # an identity is free again where its tensor is gone
    places: dict[str, int] = {}

    def note(name: str, layer: nn.Module, before: Tensor, after: Tensor) -> None:
        kept.append(before)
        places[name] = seen.setdefault(id(before), len(seen))

    with torch.no_grad(), watched(model, note):
        model(inputs[:1])
    return sorted(places, key=places.__getitem__)


def images_at_once(model: nn.Module, inputs: Tensor, floats: int) -> int:
    """How many images such as this one a model can be shown together where what all its layers put out, kept for the
    gradients, is at most so many floats; at least one, at most 500."""
    one = sum(prod(shape) for shape in output_shapes(model, inputs).values()) + inputs[:1].numel()
    return max(1, min(500, floats // one))


def device_of(model: nn.Module) -> torch.device:
    return next((one.device for one in model.parameters()), torch.device("cpu"))
