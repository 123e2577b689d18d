"""Activations: the bend after a layer, of each number for itself."""

from typing import TYPE_CHECKING, Literal

from core.models.layers.spec import Effect, LayerSettings, LayerSpec, Shape
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn


class ActivationSettings(LayerSettings):
    """Which one says the name."""

    name: Literal["relu", "gelu", "tanh", "sigmoid"] = "relu"


class LeakyReLUSettings(LayerSettings):
    """Torch's default."""

    name: Literal["leaky_relu"] = "leaky_relu"
    slope: float = setting(
        0.01,
        title="Slope",
        help="What is below 0 is multiplied by this number.",
        low=0,
        high=1,
        step=0.01,
        too_high="At 1 there is no bend any more.",
        too_low="At 0 it is a ReLU.",
    )


def effect(settings: LayerSettings, shape: Shape) -> Effect:
    return Effect(shape)


def build(settings: LayerSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    if isinstance(settings, LeakyReLUSettings):
        return [nn.LeakyReLU(settings.slope)]
    kinds: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
    return [kinds[settings.name]()]


SPECS = (
    LayerSpec("relu", "ReLU", "What is below 0 becomes 0. The usual activation.", ActivationSettings, effect, build,
              order=2),
    LayerSpec("leaky_relu", "Leaky ReLU", "Like ReLU, but what is below 0 keeps a small slope, so that no neuron dies.",
              LeakyReLUSettings, effect, build, order=3),
    LayerSpec("gelu", "GELU", "Like ReLU, but smooth.", ActivationSettings, effect, build, order=4),
    LayerSpec("tanh", "tanh", "An S from −1 to 1; the activation of the first networks.", ActivationSettings, effect,
              build, order=5),
    LayerSpec("sigmoid", "Sigmoid", "An S from 0 to 1. Where it is flat, little is learned.", ActivationSettings,
              effect, build, order=6),
)  # fmt: skip
