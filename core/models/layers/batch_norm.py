"""Batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167), of feature maps or of numbers in a row."""

from typing import TYPE_CHECKING, Literal

from core.models.layers.spec import PARAMETERS, Effect, LayerSettings, LayerSpec, Shape, equals, product

if TYPE_CHECKING:
    from torch import nn


class BatchNormSettings(LayerSettings):
    """Torch's own numbers."""

    name: Literal["batch_norm"] = "batch_norm"


def effect(settings: BatchNormSettings, shape: Shape) -> Effect:
    """A scale and a shift for each channel."""
    return Effect(shape, 2 * shape[0], formulas=(equals(PARAMETERS, product(2, shape[0]), 2 * shape[0]),))


def build(settings: BatchNormSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    return [nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])]


SPECS = (
    LayerSpec(
        name="batch_norm",
        title="Batch norm",
        about="Brings every channel to mean 0 and spread 1 within the batch. Allows higher learning rates.",
        settings=BatchNormSettings,
        effect=effect,
        build=build,
        order=1,
    ),
)
