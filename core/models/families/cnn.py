"""The configurable convolutional network: convolve, activate, pool, a few times; then dense layers."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.families.mlp import MAX_LAYERS, Activation, Width, activation_layer, as_dense_layers, dense_stack
from core.models.spec import ModelSettings, ModelSpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn

Maps = Annotated[int, Field(ge=1, le=2048)]  # feature maps of a block


class CNNSettings(ModelSettings):
    """One entry of `channels` is one block: convolution, batch norm if wanted, activation, 2×2 max-pool."""

    name: Literal["cnn"] = "cnn"
    channels: tuple[Maps, ...] = setting(
        (32, 64),
        title="Channels",
        code=lambda cnn: f"nn.Conv2d(…, {cnn.channels[0]}, kernel_size=…)" if cnn.channels else "",
        most=MAX_LAYERS,
        help="Feature maps of each convolution block, first to last. Each block halves height and width.",
        too_high="Slow, and it overfits a small data set: training accuracy far above validation.",
        too_low="Too few features to tell the classes apart.",
    )
    kernel_size: int = setting(
        3,
        title="Kernel size",
        code=lambda cnn: f"nn.Conv2d(…, kernel_size={cnn.kernel_size}…)" if cnn.channels else "",
        help="Side of the window that a convolution looks through, in pixels.",
        low=1,
        high=11,
        step=2,
        too_high="Slow and blurry: details are averaged away.",
        too_low="At 1 it sees no neighbours at all.",
    )
    padding: int = setting(
        1,
        title="Padding",
        code=lambda cnn: f"nn.Conv2d(…, padding={cnn.padding})" if cnn.channels and cnn.padding else "",
        help="Rows and columns of zeros put around the image. Half the kernel size, rounded down, keeps its size.",
        low=0,
        high=5,
        too_high="The edges fill with zeros that mean nothing.",
        too_low="Each convolution trims the image, and little is left after a few.",
    )
    batch_norm: bool = setting(
        True,
        title="Batch norm",
        code=lambda cnn: f"nn.BatchNorm2d({cnn.channels[0]})" if cnn.channels and cnn.batch_norm else "",
        help="Rescales every feature map to mean 0 and spread 1 within the batch. Allows higher learning rates.",
    )
    activation: Activation = setting(
        "relu",
        title="Activation",
        code=lambda cnn: f"F.{cnn.activation}(…)",
        help="The bend after each layer.",
        labels={"relu": "ReLU", "tanh": "tanh", "sigmoid": "Sigmoid", "gelu": "GELU"},
    )
    widths: tuple[Width, ...] = setting(
        (128,),
        title="Dense layers",
        code=lambda cnn: f"nn.Linear(…, {cnn.widths[0]})" if cnn.widths else "",
        most=MAX_LAYERS,
        help="Neurons of the dense layers between the last feature maps and the answer. May be empty.",
        too_high="Most parameters end up here, and the model overfits.",
        too_low="The features cannot be combined well.",
    )
    dropout: float = setting(
        0.0,
        title="Dropout",
        code=lambda cnn: f"nn.Dropout(p={cnn.dropout})" if cnn.dropout and cnn.widths else "",
        help="Share of the dense neurons silenced at random in each step.",
        low=0,
        high=0.9,
        step=0.05,
        too_high="Training is noisy and slow to improve.",
        too_low="A large network may overfit: it remembers its training images.",
    )


def build(settings: CNNSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits. `BadInput` when the image shrinks to nothing on the way."""
    from torch import nn

    layers: list[nn.Module] = []
    height, width = size
    kernel, padding = settings.kernel_size, settings.padding
    for depth, maps in enumerate(settings.channels, start=1):
        height, width = ((side + 2 * padding - kernel + 1) // 2 for side in (height, width))
        if min(height, width) < 1:
            raise used_up(MORE_PADDING, settings.channels, size, depth)
        # No bias under batch norm would be leaner; the layers are kept as tutorials write them.
        layers.append(nn.Conv2d(channels, maps, kernel, padding=padding))
        if settings.batch_norm:
            layers.append(nn.BatchNorm2d(maps))
        layers += [activation_layer(settings.activation), nn.MaxPool2d(2)]
        channels = maps
    inputs = channels * height * width
    dense = dense_stack(inputs, settings.widths, classes, settings.activation, settings.dropout)
    return nn.Sequential(*layers, nn.Flatten(), *dense)


def as_layers(settings: CNNSettings) -> list[str]:
    between = ["batch_norm"] if settings.batch_norm else []
    size = f"{settings.kernel_size} padding={settings.padding}"
    rows = ([f"conv {maps} {size}", *between, settings.activation, "max_pool 2"] for maps in settings.channels)
    return [*(one for row in rows for one in row), *as_dense_layers(settings)]


MORE_PADDING = (
    "{setting} has {channels} blocks, but an image of {width}×{height} pixels becomes too small in block {depth}; "
    "take fewer blocks, more padding or a larger {size}"
)


def used_up(text: str, channels: tuple[int, ...], size: tuple[int, int], depth: int, **more: SettingName) -> BadInput:
    """The error for an image (height, width in pixels) of which block `depth` would leave nothing; `more` are the other
    settings that `text` names."""
    height, width = size
    return BadInput(
        text,
        setting=SettingName("model.channels"),
        channels=len(channels),
        width=width,
        height=height,
        depth=depth,
        size=SettingName("data.size"),
        **more,
    )


SPECS = (
    ModelSpec(
        name="cnn",
        title="CNN",
        about="Small windows slide over the image and look for the same feature everywhere. "
        "The right first choice for any small image.",
        settings=CNNSettings,
        build=build,
        as_layers=as_layers,
    ),
)
