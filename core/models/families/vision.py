"""torchvision's networks: ResNet-18/34/50, MobileNetV3-small and EfficientNet-B0, random or with ImageNet weights."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.errors import Problem
from core.files.paths import Workspace
from core.locale.messages import SettingName
from core.models.spec import ModelSettings, ModelSpec
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn

# Below this side the stem keeps the image's resolution: a 32-pixel image would reach the last block as one pixel.
SMALL_SIDE_PX = 64

# The code of every problem with ImageNet's weights: a page offers random weights instead.
WEIGHTS_UNAVAILABLE = "weights_unavailable"

# Attribute path of each network's first convolution and last linear layer, as torchvision names them.
STEMS = {"resnet": "conv1", "mobilenet": "features.0.0", "efficientnet": "features.0.0"}
HEADS = {"resnet": "fc", "mobilenet": "classifier.3", "efficientnet": "classifier.1"}


class VisionSettings(ModelSettings):
    """Where the weights start, and which of them learn."""

    name: Literal["resnet18", "resnet34", "resnet50", "mobilenet_v3_small", "efficientnet_b0"] = "resnet18"
    weights: Literal["random", "imagenet"] = setting(
        "random",
        title="Weights",
        help="Start from random numbers, or from a network that has learnt ImageNet's 1.2 million photographs "
        "(transfer learning: a few hundred images of your own are then enough).",
        labels={"random": "Random", "imagenet": "ImageNet"},
    )
    trains: Literal["all", "head"] = setting(
        "all",
        title="Layers that learn",
        help="All of them (with ImageNet weights this is called fine-tuning), or the last layer alone on a frozen "
        "backbone: the other layers keep their weights. That is quick, and sensible with ImageNet weights only.",
        labels={"all": "All layers", "head": "Last layer only"},
    )


def family(name: str) -> str:
    return next(f for f in STEMS if name.startswith(f))


def weights_file(name: str) -> tuple[str, str]:
    """URL and file name of a network's ImageNet weights, as torchvision gives them."""
    from torchvision.models import get_model_weights

    url: str = get_model_weights(name).DEFAULT.url
    if name.startswith("resnet"):  # V1 are the weights that the transfer-learning tutorial fine-tunes
        url = get_model_weights(name)["IMAGENET1K_V1"].url
    return url, url.rsplit("/", 1)[-1]


def load_imagenet(name: str, folder: Path) -> "dict[str, Any]":
    """The state_dict of a network's ImageNet weights, from `folder` or downloaded into it.

    Raises `Problem`, naming the two solutions, when the file is not there and cannot be downloaded; never falls back.
    """
    import torch
    from torch.hub import download_url_to_file

    url, filename = weights_file(name)
    path = folder / filename
    hub = Path(torch.hub.get_dir()) / "checkpoints" / filename  # where other PyTorch programs leave it
    if not path.exists() and hub.exists():
        path = hub
    if not path.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            download_url_to_file(url, str(path), hash_prefix=filename.rsplit("-", 1)[-1][:8], progress=False)
        except Exception as error:
            raise unavailable(
                "The ImageNet weights of {model} could not be downloaded from {url} ({reason}). Either put that file "
                "by hand at {path}, or start from random weights ({setting}=random).",
                model=name,
                url=url,
                reason=reason(error),
                path=path,
            ) from error
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise unavailable(
            "{path} is not the weights file that torchvision publishes. Delete it to download it again, or start from "
            "random weights ({setting}=random).",
            path=path,
        ) from error
    return state


def unavailable(text: str, **values: object) -> Problem:
    """A problem with ImageNet's weights, which random weights would solve."""
    return Problem(text, WEIGHTS_UNAVAILABLE, setting=SettingName("model.weights"), **values)


def reason(error: Exception) -> str:
    """What a failed download says, without the wrapping of urllib."""
    inner = getattr(error, "reason", error)
    return str(getattr(inner, "strerror", None) or inner)


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
    if settings.pretrained:
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
    if settings.trains == "head":
        network.requires_grad_(False)
    head = network.get_submodule(HEADS[kind])
    assert isinstance(head, nn.Linear)
    replace(network, HEADS[kind], nn.Linear(head.in_features, classes))
    return network


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


def vision_spec(name: str, title: str, about: str) -> ModelSpec:
    return ModelSpec(name, title, about, VisionSettings, build, photo_size=224, smallest=8)


SPECS = (
    vision_spec("resnet18", "ResNet-18", "18 layers with shortcuts around every two. The usual start for photographs."),
    vision_spec("resnet34", "ResNet-34", "The same with 34 layers: a little better, twice as slow."),
    vision_spec("resnet50", "ResNet-50", "50 layers in bottleneck blocks. Needs a GPU to be pleasant."),
    vision_spec("mobilenet_v3_small", "MobileNetV3-small", "Made for telephones: small, and the quickest of these."),
    vision_spec("efficientnet_b0", "EfficientNet-B0", "Accurate for its size; slower to train than MobileNet."),
)
