"""The residual block: two convolutions, and a shortcut around them (He et al. 2015, arXiv:1512.03385)."""

from typing import TYPE_CHECKING, Literal

from core.models.layers._window import slid_over
from core.models.layers.convolution import MAX_CHANNELS
from core.models.layers.spec import (
    MULTIPLY_ADDS,
    PARAMETERS,
    Effect,
    LayerSettings,
    LayerSpec,
    Shape,
    equals,
    picture,
    product,
)
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn


class ResidualSettings(LayerSettings):
    """The kernel size is 3, the padding 1."""

    name: Literal["residual"] = "residual"
    channels: int = setting(
        32,
        title="Channels",
        help="Feature maps that both convolutions put out.",
        low=1,
        high=MAX_CHANNELS,
        too_high="Slow, and it overfits a small data set.",
        too_low="Too few features to tell the classes apart.",
    )
    stride: int = setting(
        1,
        title="Stride",
        help="Of the first convolution and the shortcut. At 2 height and width are halved.",
        low=1,
        high=8,
        too_high="Places between two windows are hardly seen.",
        too_low="At 1 the picture stays large, and the layers below have more work.",
    )


def effect(settings: ResidualSettings, shape: Shape) -> Effect:
    """No biases, since batch norm follows each convolution with a scale and a shift a channel."""
    channels, height, width = picture(shape)
    maps = settings.channels
    height, width, sides = slid_over(height, width, 3, settings.stride, 1)
    convolutions = [(maps, channels, 3, 3), (maps, maps, 3, 3)]
    if settings.stride != 1 or channels != maps:
        convolutions.append((maps, channels, 1, 1))
    weights = sum(a * b * c * d for a, b, c, d in convolutions)
    parameters = weights + 2 * maps * len(convolutions)
    shown = " + ".join(product(*one) for one in convolutions)
    formulas = (
        *sides,
        equals(PARAMETERS, f"{shown} + {product(len(convolutions), 2, maps)}", parameters),
        equals(MULTIPLY_ADDS, f"({shown})·{product(height, width)}", weights * height * width),
    )
    return Effect((maps, height, width), parameters, weights * height * width, formulas)


def build(settings: ResidualSettings, shape: Shape) -> "list[nn.Module]":
    from core.models.layers._residual_block import ResidualBlock

    return [ResidualBlock(shape[0], settings.channels, settings.stride)]


SPECS = (
    LayerSpec(
        name="residual",
        title="Residual block",
        about="Two convolutions with batch norm, and a shortcut that adds their input to their output, so that many of "
        "them still learn.",
        settings=ResidualSettings,
        effect=effect,
        build=build,
        unnamed=1,
        order=13,
    ),
)
