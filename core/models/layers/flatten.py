"""Flatten: the numbers of a picture in a row."""

from math import prod
from typing import TYPE_CHECKING, Literal

from core.errors import BadInput
from core.locale import N_
from core.models.layers.spec import Effect, LayerSettings, LayerSpec, Shape, equals, product

if TYPE_CHECKING:
    from torch import nn


class FlattenSettings(LayerSettings):
    """Nothing to choose."""

    name: Literal["flatten"] = "flatten"


def effect(settings: FlattenSettings, shape: Shape) -> Effect:
    if len(shape) == 1:
        raise BadInput("{numbers:count} numbers in a row reach it already: leave it out", numbers=shape[0])
    count = prod(shape)
    return Effect((count,), formulas=(equals(N_("Numbers"), product(*shape), count),))


def build(settings: FlattenSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    return [nn.Flatten()]


SPECS = (
    LayerSpec(
        name="flatten",
        title="Flatten",
        about="Puts the numbers of all feature maps into one row, for dense layers.",
        settings=FlattenSettings,
        effect=effect,
        build=build,
        order=11,
    ),
)
