"""Dropout (Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a)."""

from typing import TYPE_CHECKING, Literal

from core.models.layers.spec import Effect, LayerSettings, LayerSpec, Shape
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn


class DropoutSettings(LayerSettings):
    """Torch's default."""

    name: Literal["dropout"] = "dropout"
    share: float = setting(
        0.5,
        title="Dropout",
        help="Share of the numbers that are set to 0 at random in each step.",
        low=0,
        high=0.95,
        step=0.05,
        too_high="Training is noisy and slow to improve.",
        too_low="A large network may overfit: it remembers its training images.",
    )


def effect(settings: DropoutSettings, shape: Shape) -> Effect:
    return Effect(shape)


def build(settings: DropoutSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    return [nn.Dropout(settings.share)]


SPECS = (
    LayerSpec(
        name="dropout",
        title="Dropout",
        about="Silences some numbers at random while training, so that none is relied on alone.",
        settings=DropoutSettings,
        effect=effect,
        build=build,
        unnamed=1,
        order=10,
    ),
)
