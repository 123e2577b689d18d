"""Pooling: one number in place of several that lie beside one another."""

from typing import TYPE_CHECKING, Literal

from core.errors import BadInput
from core.models.layers._window import slid_over
from core.models.layers.convolution import MAX_KERNEL
from core.models.layers.spec import Effect, LayerSettings, LayerSpec, Shape, picture
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn


class PoolSettings(LayerSettings):
    """In the order in which torch's pooling layers take them, and with their defaults."""

    name: Literal["max_pool", "avg_pool"] = "max_pool"
    kernel: int = setting(
        2,
        title="Window",
        help="Side of the window, in pixels.",
        low=1,
        high=MAX_KERNEL,
        too_high="Where a feature was found is lost.",
        too_low="At 1 nothing is pooled.",
    )
    stride: int | None = setting(
        None,
        title="Stride",
        help="Pixels from one window to the next.",
        low=1,
        high=MAX_KERNEL,
        too_high="Places between two windows are not seen.",
        too_low="The windows overlap, and the picture stays large.",
        empty="as the window",
    )
    padding: int = setting(
        0,
        title="Padding",
        help="Rows and columns put around the picture, at most half the window.",
        low=0,
        high=MAX_KERNEL // 2,
        too_high="The edges count too little.",
        too_low="What does not fill a window at the edge is left out.",
    )


class GlobalPoolSettings(LayerSettings):
    """Nothing to choose."""

    name: Literal["global_avg_pool"] = "global_avg_pool"


def effect(settings: PoolSettings, shape: Shape) -> Effect:
    channels, height, width = picture(shape)
    if 2 * settings.padding > settings.kernel:
        raise BadInput(
            "its padding of {padding} is more than half its window of {kernel}: take less",
            padding=settings.padding,
            kernel=settings.kernel,
        )
    stride = settings.stride or settings.kernel
    height, width, sides = slid_over(height, width, settings.kernel, stride, settings.padding)
    return Effect((channels, height, width), formulas=sides)


def build(settings: PoolSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    kind = nn.MaxPool2d if settings.name == "max_pool" else nn.AvgPool2d
    return [kind(settings.kernel, settings.stride, settings.padding)]


def global_effect(settings: GlobalPoolSettings, shape: Shape) -> Effect:
    return Effect((picture(shape)[0],))


def global_build(settings: GlobalPoolSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]


SPECS = (
    LayerSpec("max_pool", "Max pooling", "Keeps the largest number of each window; the picture becomes smaller.",
              PoolSettings, effect, build, unnamed=1, order=7),
    LayerSpec("avg_pool", "Average pooling", "Keeps the mean of each window; the picture becomes smaller.",
              PoolSettings, effect, build, unnamed=1, order=8),
    LayerSpec("global_avg_pool", "Global average pooling",
              "Keeps the mean of each whole feature map: one number a channel, in a row, for pictures of any size.",
              GlobalPoolSettings, global_effect, global_build, order=9),
)  # fmt: skip
