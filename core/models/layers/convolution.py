"""Convolution: the same small window of weights at every place of the picture."""

from typing import TYPE_CHECKING, Literal

from core.models.layers._window import slid_over
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

MAX_CHANNELS = 2048  # feature maps of a layer
MAX_KERNEL = 32  # pixels


class ConvSettings(LayerSettings):
    """In the order in which `nn.Conv2d` takes them, and with its defaults."""

    name: Literal["conv"] = "conv"
    channels: int = setting(
        32,
        title="Channels",
        help="Feature maps that it puts out: each looks for a feature of its own.",
        low=1,
        high=MAX_CHANNELS,
        too_high="Slow, and it overfits a small data set.",
        too_low="Too few features to tell the classes apart.",
    )
    kernel: int = setting(
        3,
        title="Kernel size",
        help="Side of the window, in pixels.",
        low=1,
        high=MAX_KERNEL,
        too_high="Slow and blurry: details are averaged away.",
        too_low="At 1 it sees no neighbours at all.",
    )
    stride: int = setting(
        1,
        title="Stride",
        help="Pixels from one place of the window to the next. At 2 height and width are halved.",
        low=1,
        high=MAX_KERNEL,
        too_high="Places between two windows are hardly seen.",
        too_low="At 1 the picture stays large, and the layers below have more work.",
    )
    padding: int = setting(
        0,
        title="Padding",
        help="Rows and columns of zeros put around the picture. Half the kernel size, rounded down, keeps its size.",
        low=0,
        high=MAX_KERNEL // 2,
        too_high="The edges fill with zeros that mean nothing.",
        too_low="Each convolution trims the picture.",
    )


def effect(settings: ConvSettings, shape: Shape) -> Effect:
    """The weights of a filter are applied at each place of the output."""
    channels, height, width = picture(shape)
    maps, kernel = settings.channels, settings.kernel
    height, width, sides = slid_over(height, width, kernel, settings.stride, settings.padding)
    weights = channels * kernel * kernel
    parameters, operations = maps * (weights + 1), maps * weights * height * width
    formulas = (
        *sides,
        equals(PARAMETERS, f"{product(maps)}·({product(channels, kernel, kernel)} + 1)", parameters),
        equals(MULTIPLY_ADDS, product(maps, channels, kernel, kernel, height, width), operations),
    )
    return Effect((maps, height, width), parameters, operations, formulas)


def build(settings: ConvSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    return [nn.Conv2d(shape[0], settings.channels, settings.kernel, stride=settings.stride, padding=settings.padding)]


SPECS = (
    LayerSpec(
        name="conv",
        title="Convolution",
        about="Slides small windows of weights over the picture; each looks for the same feature everywhere.",
        settings=ConvSettings,
        effect=effect,
        build=build,
        unnamed=2,
        usual="conv 32 3 padding=1",
        order=0,
    ),
)
