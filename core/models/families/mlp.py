"""The multi-layer perceptron: every pixel to every neuron."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from core.models.spec import ModelSettings, ModelSpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn

MAX_LAYERS = 64  # in a list of widths; a plain stack of more layers does not learn
Width = Annotated[int, Field(ge=1, le=8192)]
Activation = Literal["relu", "tanh", "sigmoid", "gelu"]


class MLPSettings(ModelSettings):
    """Widths, activation and dropout of the hidden layers."""

    name: Literal["mlp"] = "mlp"
    widths: tuple[Width, ...] = setting(
        (64, 64, 64),
        title="Hidden layers",
        code=lambda mlp: f"nn.Linear(…, {mlp.widths[0]})" if mlp.widths else "",
        most=MAX_LAYERS,
        help="Neurons in each hidden layer, first to last.",
        too_high="Slow, and it overfits: training accuracy far above validation.",
        too_low="It cannot tell the classes apart: both curves level off early.",
    )
    activation: Activation = setting(
        "relu",
        title="Activation",
        code=lambda mlp: f"F.{mlp.activation}(…)" if mlp.widths else "",
        help="The bend between two layers. Without one, any number of layers is a single linear map.",
        labels={"relu": "ReLU", "tanh": "tanh", "sigmoid": "Sigmoid", "gelu": "GELU"},
    )
    dropout: float = setting(
        0.0,
        title="Dropout",
        code=lambda mlp: f"nn.Dropout(p={mlp.dropout})" if mlp.dropout and mlp.widths else "",
        help="Share of the neurons silenced at random in each step, so that none is relied on alone.",
        low=0,
        high=0.9,
        step=0.05,
        too_high="Training is noisy and slow to improve.",
        too_low="A large network may overfit: it remembers its training images.",
    )


def activation_layer(name: Activation) -> "nn.Module":
    """A new activation module."""
    from torch import nn

    layers: dict[str, type[nn.Module]] = {
        "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU,
    }  # fmt: skip
    return layers[name]()


def dense_stack(
    inputs: int, widths: tuple[int, ...], classes: int, activation: Activation, dropout: float
) -> "list[nn.Module]":
    """Linear layers through `widths` to `classes`, with activation and dropout between; ends in logits."""
    from torch import nn

    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(inputs, width), activation_layer(activation)]
        if dropout:
            layers.append(nn.Dropout(dropout))
        inputs = width
    return [*layers, nn.Linear(inputs, classes)]


def as_dense_layers(settings: Any) -> list[str]:
    """The same as `dense_stack` makes, without its last layer, as rows of own layers."""
    silenced = [f"dropout {settings.dropout}"] if settings.dropout else []
    rows = ([f"dense {width}", settings.activation, *silenced] for width in settings.widths)
    return ["flatten", *(one for row in rows for one in row)]


def build(settings: MLPSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits."""
    from torch import nn

    pixels = channels * size[0] * size[1]
    return nn.Sequential(
        nn.Flatten(), *dense_stack(pixels, settings.widths, classes, settings.activation, settings.dropout)
    )


SPECS = (
    ModelSpec(
        name="mlp",
        title="MLP",
        about="Fully connected layers. It sees the pixels as a list, without knowing which are neighbours; "
        "fine for digits, weak on photographs.",
        settings=MLPSettings,
        build=build,
        as_layers=as_dense_layers,
        photo_size=32,
    ),
)
