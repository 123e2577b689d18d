"""How what a module of PyTorch puts out follows from what it sees, with the numbers in it: for any network, not only
for lists of one's own layers."""

from math import prod
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.locale import N_
from core.models.layers._window import slid_over
from core.models.layers.spec import MULTIPLY_ADDS, PARAMETERS, Formula, Shape, equals, product

if TYPE_CHECKING:
    from torch import nn


def formulas_of(module: "nn.Module", before: Shape, after: Shape) -> tuple[Formula, ...]:
    """For one image; none where a kind of module has none here, or where its window is no square."""
    from torch import nn

    if isinstance(module, nn.Conv2d):
        return (*window(module, before), *convolution(module, after))
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        return window(module, before)
    if isinstance(module, nn.Linear):
        inputs, outputs = module.in_features, module.out_features
        shown = f"{product(inputs)} + 1" if module.bias is not None else product(inputs)
        weights = outputs * (inputs + (module.bias is not None))
        return (
            equals(PARAMETERS, f"{product(outputs)}·({shown})" if module.bias is not None else product(outputs, inputs),
                   weights),
            equals(MULTIPLY_ADDS, product(outputs, inputs), inputs * outputs),
        )  # fmt: skip
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return (equals(PARAMETERS, product(2, module.num_features), 2 * module.num_features),)
    if isinstance(module, nn.Flatten):
        return (equals(N_("Numbers"), product(*before), prod(before)),)
    return ()


def convolution(module: "nn.Conv2d", after: Shape) -> tuple[Formula, ...]:
    """A filter sees the channels of its group alone; without a bias, no + 1."""
    maps, seen = module.out_channels, module.in_channels // module.groups
    height, width = (int(side) for side in module.kernel_size)
    weights, bias = seen * height * width, module.bias is not None
    own = product(seen, height, width)
    shown = f"{product(maps)}·({own} + 1)" if bias else product(maps, seen, height, width)
    return (
        equals(PARAMETERS, shown, maps * (weights + bias)),
        equals(MULTIPLY_ADDS, product(maps, seen, height, width, *after[1:]), maps * weights * prod(after[1:])),
    )


def window(module: Any, before: Shape) -> tuple[Formula, ...]:
    """Height and width after a square window without gaps; others have a formula of their own."""
    if len(before) != 3 or getattr(module, "ceil_mode", False):
        return ()
    kernel, stride, padding, dilation = (
        square(getattr(module, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
    )
    if kernel is None or stride is None or padding is None or dilation != 1:
        return ()
    try:
        return slid_over(before[1], before[2], kernel, stride, padding)[2]
    except BadInput:
        return ()


def square(sides: Any) -> int | None:
    """The side of a square; None where the two differ, or where they are words (`padding="same"`)."""
    if isinstance(sides, int):
        return sides
    if isinstance(sides, tuple) and len(set(sides)) == 1:
        return int(sides[0])
    return None
