"""What a model gets to see of an image: how many channels, what size, on what scale. No torch here."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.loading.settings import DataConfig
from core.locale.messages import SettingName

if TYPE_CHECKING:
    from core.prepared.arrays import Meta

# Mean and standard deviation of ImageNet's RGB in 0–1, as torchvision's weights expect them.
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

# Side that small images are enlarged to for ImageNet weights: those filters look for things this large, and the
# last feature map is still 4×4.
PRETRAINED_SIDE = 128

# Share of a photograph's shorter side that the centre crop keeps: 224 of 256, ImageNet's evaluation.
CENTRE = 224 / 256


@dataclass(frozen=True)
class InputSpec:
    """Images become (N, channels, height, width) floats: x / 255, then (x - mean) / std for each channel."""

    channels: int
    size: tuple[int, int]  # height, width
    mean: tuple[float, ...]
    std: tuple[float, ...]
    photos: bool  # of many sizes: the shorter side is brought to size / CENTRE and the centre is cut out
    reflect: bool  # what lies beyond the edge: the image mirrored, or black (drawings)
    # Drawings are not cut: the longer side is brought to its size, and this level, by channel of the images, fills the
    # rest and lies beyond the edge.
    ground: tuple[int, ...] | None = None

    @property
    def resized(self) -> tuple[int, int]:
        """Height and width that an image is brought to (the shorter side) before the centre crop."""
        share = CENTRE if self.photos else 1
        return round(self.size[0] / share), round(self.size[1] / share)


@dataclass(frozen=True)
class ModelInput:
    """What a model asks of its images."""

    name: str  # the model's
    photo_size: int  # side that photographs of many sizes are brought to, unless the run sets one
    smallest: int  # side below which it cannot work
    pretrained: bool  # on ImageNet: colour, and large enough for its filters


def input_spec(data: DataConfig, model: ModelInput, meta: "Meta") -> InputSpec:
    """How a run with these settings sees a data set. `BadInput` when the model cannot work at that size."""
    if data.size:
        size = (data.size, data.size)
    elif meta.size is None:
        size = (model.photo_size, model.photo_size)
    elif model.pretrained and min(meta.size) < PRETRAINED_SIDE:
        size = (PRETRAINED_SIDE, PRETRAINED_SIDE)
    else:
        size = meta.size
    if min(size) < model.smallest:
        raise BadInput(
            "{setting} is {size}; allowed for {name}: at least {smallest} pixels",
            size=min(size),
            name=model.name,
            smallest=model.smallest,
            setting=SettingName("data.size"),
        )
    channels = 3 if model.pretrained or data.normalize == "imagenet" else meta.channels
    mean, std = {
        "dataset": (meta.mean, meta.std),
        "zero_one": ((0.0,), (1.0,)),
        "half": ((0.5,), (0.5,)),
        "imagenet": IMAGENET,
    }[data.normalize]
    # One number serves every channel; a data set of one flat colour has no spread to divide by.
    mean = tuple(mean) * (channels if len(mean) == 1 else 1)
    std = tuple(s or 1.0 for s in std) * (channels if len(std) == 1 else 1)
    return InputSpec(channels, size, mean, std, photos=meta.size is None and meta.ground is None,
                     reflect=not meta.drawable, ground=meta.ground)  # fmt: skip
