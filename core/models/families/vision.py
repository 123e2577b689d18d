"""torchvision's networks: ResNet-18/34/50, MobileNetV3-small and EfficientNet-B0, random or with ImageNet weights."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from core.files.paths import Workspace
from core.locale import N_
from core.models.spec import IMAGENET, ModelSettings, ModelSpec, trains_field
from core.models.weights import WEIGHTS_UNAVAILABLE as WEIGHTS_UNAVAILABLE  # callers import it from here
from core.models.weights import WeightsFile, unavailable

if TYPE_CHECKING:
    from torch import nn

    from core.models.stages import Stages

# Below this side the stem keeps the image's resolution: a 32-pixel image would reach the last block as one pixel.
SMALL_SIDE_PX = 64

# ImageNet's weights as torchvision publishes them, in MB of 2**20 bytes. Kept here, as importing torchvision to ask
# takes seconds. Of ResNets, V1 are those that the transfer-learning tutorial fine-tunes.
ADDRESS = "https://download.pytorch.org/models/"
FILES = {
    "resnet18": ("resnet18-f37072fd.pth", 44.661),
    "resnet34": ("resnet34-b627a593.pth", 83.275),
    "resnet50": ("resnet50-0676ba61.pth", 97.781),
    "mobilenet_v3_small": ("mobilenet_v3_small-047dcff4.pth", 9.829),
    "efficientnet_b0": ("efficientnet_b0_rwightman-7f5810bc.pth", 20.451),
}

# Attribute path of each network's first convolution and last linear layer, as torchvision names them.
STEMS = {"resnet": "conv1", "mobilenet": "features.0.0", "efficientnet": "features.0.0"}
HEADS = {"resnet": "fc", "mobilenet": "classifier.3", "efficientnet": "classifier.1"}

# The layers that an image passes one after another, as torchvision's code has them.
IN_GROUPS = "*[*model.children()][:-1], nn.Flatten(), model.fc"
IN_BLOCKS = "*model.features, model.avgpool, nn.Flatten(), *model.classifier"
SEQUENCES = {"resnet": IN_GROUPS, "mobilenet": IN_BLOCKS, "efficientnet": IN_BLOCKS}


class VisionSettings(ModelSettings):
    """Where the weights start, and which of them learn."""

    published: ClassVar[bool] = True

    name: Literal["resnet18", "resnet34", "resnet50", "mobilenet_v3_small", "efficientnet_b0"] = "resnet18"
    trains: Literal["all", "last_block", "head"] = trains_field(N_("Last block and last layer"))

    def line(self) -> str:
        known = ", weights=…" if self.weights == IMAGENET else ""
        return f'model = get_model("{self.name}"{known})'


def family(name: str) -> str:
    return next(f for f in STEMS if name.startswith(f))


def weights_file(name: str) -> tuple[str, str]:
    """URL and file name of a network's ImageNet weights, as torchvision gives them."""
    filename, _ = FILES[name]
    return ADDRESS + filename, filename


def imagenet_file(name: str, folder: Path) -> WeightsFile:
    """A network's ImageNet weights, in `folder` or where other PyTorch programs leave them."""
    url, filename = weights_file(name)
    place = folder / filename
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    hub = Path(os.environ.get("TORCH_HOME", cache)).expanduser() / "hub" / "checkpoints" / filename
    found = next((path for path in (place, hub) if path.exists()), None)
    return WeightsFile(name, url, round(FILES[name][1] * 2**20), place, found)


def load_imagenet(name: str, folder: Path) -> "dict[str, Any]":
    """The state_dict of a network's ImageNet weights, from `folder` or downloaded into it.

    Raises `Problem`, naming the two solutions, when the file is not there and cannot be downloaded; never falls back.
    """
    import torch

    path = imagenet_file(name, folder).fetch()
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise unavailable(
            "{path} is not the weights file that torchvision publishes. Delete it to download it again, or start from "
            "random weights ({setting}=random).",
            path=path,
        ) from error
    return state


def replace(network: "nn.Module", path: str, layer: "nn.Module") -> None:
    """Put `layer` where `path` (dotted) points to."""
    parent, _, last = path.rpartition(".")
    setattr(network.get_submodule(parent), last, layer)


def build(settings: VisionSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits, with the last layer made for `classes`."""
    from torch import nn
    from torchvision.models import get_model

    kind = family(settings.name)
    network: nn.Module = get_model(settings.name, weights=None)
    if settings.weights == IMAGENET:
        state = load_imagenet(settings.name, Workspace.from_environment().weights)
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            _, filename = weights_file(settings.name)
            raise unavailable(
                "The file {file} holds weights of another network than {model}. Delete it to download it again, or "
                "start from random weights ({setting}=random).",
                file=filename,
                model=settings.name,
            ) from error
    else:
        fit_stem(network, kind, channels, size)
    head = network.get_submodule(HEADS[kind])
    assert isinstance(head, nn.Linear)
    replace(network, HEADS[kind], nn.Linear(head.in_features, classes))
    return network


def stages(network: "nn.Module") -> "Stages":
    """As its `forward` goes. The last block of a ResNet is the last of its four groups of blocks; of the others it
    is the last block with the convolution that widens what it puts out."""
    from torch import nn

    from core.models.stages import Stages

    if isinstance(network, nn.Sequential):  # with log-probabilities
        inner, *after = network
        found = stages(inner)
        return Stages(found.body, found.last_block, [*found.head, *after])
    *layers, pool, classifier = network.children()
    if isinstance(classifier, nn.Linear):  # ResNet
        return Stages(layers[:-1], [*layers[-1:], pool, nn.Flatten()], [classifier])
    (features,), (*hidden, dropout, head) = layers, classifier.children()
    *body, block, wider = features.children()
    return Stages(body, [block, wider, pool, nn.Flatten(), *hidden], [dropout, head])


def fit_stem(network: "nn.Module", kind: str, channels: int, size: tuple[int, int]) -> None:
    """Give an untrained network a first convolution for `channels`, and for small images one that keeps their size.

    For ResNets this is the usual CIFAR form: 3×3, stride 1, no max-pool (He et al. 2016, section 4.2).
    """
    from torch import nn

    stem = network.get_submodule(STEMS[kind])
    assert isinstance(stem, nn.Conv2d)
    small = min(size) <= SMALL_SIDE_PX
    if not small and channels == stem.in_channels:
        return
    side = 3 if small else stem.kernel_size[0]
    new = nn.Conv2d(channels, stem.out_channels, side, 1 if small else stem.stride[0], side // 2, bias=False)
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    replace(network, STEMS[kind], new)
    if small and kind == "resnet":
        replace(network, "maxpool", nn.Identity())


def first_weights(settings: VisionSettings, layer: str) -> str:
    if layer not in ("model.conv1", "model.features[0][0]"):  # the last layer begins as torch makes it
        return ""
    return f'nn.init.kaiming_normal_({layer}.weight, mode="fan_out", nonlinearity="relu")\n'


def vision_spec(name: str, title: str, about: str) -> ModelSpec:
    return ModelSpec(
        name, title, about, VisionSettings, build, stages=stages, first_weights=first_weights, photo_size=224,
        smallest=8, sequence=SEQUENCES[family(name)],
        weights=lambda settings: imagenet_file(settings.name, Workspace.from_environment().weights),
    )  # fmt: skip


SPECS = (
    vision_spec("resnet18", "ResNet-18", "18 layers with shortcuts around every two. The usual start for photographs."),
    vision_spec("resnet34", "ResNet-34", "The same with 34 layers: a little better, twice as slow."),
    vision_spec("resnet50", "ResNet-50", "50 layers in bottleneck blocks. Needs a GPU to be pleasant."),
    vision_spec("mobilenet_v3_small", "MobileNetV3-small", "Made for telephones: small, and the quickest of these."),
    vision_spec("efficientnet_b0", "EfficientNet-B0", "Accurate for its size; slower to train than MobileNet."),
)
