"""Dense layers: every number to every neuron."""

from typing import TYPE_CHECKING, Literal

from core.models.layers.spec import (
    MULTIPLY_ADDS,
    PARAMETERS,
    Effect,
    LayerSettings,
    LayerSpec,
    Shape,
    equals,
    flat,
    product,
)
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn

MAX_NEURONS = 8192  # of a layer


class DenseSettings(LayerSettings):
    """How many neurons."""

    name: Literal["dense"] = "dense"
    neurons: int = setting(
        64,
        title="Neurons",
        help="Numbers that it puts out, each a weighted sum of all that reach it.",
        low=1,
        high=MAX_NEURONS,
        too_high="Most parameters end up here, and the model overfits.",
        too_low="The features cannot be combined well.",
    )


def effect(settings: DenseSettings, shape: Shape) -> Effect:
    return dense_effect(settings.neurons, shape)


def dense_effect(neurons: int, shape: Shape) -> Effect:
    """A weight for each pair of input and neuron, and one number more a neuron."""
    inputs = flat(shape)
    parameters = neurons * (inputs + 1)
    formulas = (
        equals(PARAMETERS, f"{product(neurons)}·({product(inputs)} + 1)", parameters),
        equals(MULTIPLY_ADDS, product(neurons, inputs), neurons * inputs),
    )
    return Effect((neurons,), parameters, neurons * inputs, formulas)


def build(settings: DenseSettings, shape: Shape) -> "list[nn.Module]":
    from torch import nn

    return [nn.Linear(shape[0], settings.neurons)]


SPECS = (
    LayerSpec(
        name="dense",
        title="Dense",
        about="Combines every number with every other. Needs them in a row: flatten or pool globally first.",
        settings=DenseSettings,
        effect=effect,
        build=build,
        unnamed=1,
        order=12,
    ),
)
