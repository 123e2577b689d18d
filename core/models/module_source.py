"""A network as a person writes it: a class with its layers and a `forward`, or one of torchvision's with some layers
replaced."""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import getsource
from textwrap import indent

import torch
from torch import nn

from core.models import ModelSettings, model_spec
from core.models.source import index, is_torchs, layer_source
from core.models.spec import IMAGENET
from core.models.stages import split

# What is passed in `forward` without being a layer there: it has no weights, and does the same in training and after.
FUNCTIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "F.relu({x})", nn.ReLU6: "F.relu6({x})", nn.GELU: "F.gelu({x})", nn.Tanh: "torch.tanh({x})",
    nn.Sigmoid: "torch.sigmoid({x})", nn.Flatten: "{x}.flatten(1)", nn.LogSoftmax: "F.log_softmax({x}, dim=1)",
    nn.LeakyReLU: "F.leaky_relu({x}, {arguments})", nn.MaxPool2d: "F.max_pool2d({x}, {arguments})",
    nn.AvgPool2d: "F.avg_pool2d({x}, {arguments})", nn.AdaptiveAvgPool2d: "F.adaptive_avg_pool2d({x}, {arguments})",
}  # fmt: skip
NAMES: dict[type[nn.Module], str] = {
    nn.Conv2d: "conv", nn.BatchNorm2d: "norm", nn.BatchNorm1d: "norm", nn.Linear: "fc", nn.Dropout: "dropout",
}  # fmt: skip
LINE = 88  # characters of a line of `forward`, the shape behind it left out
BLOCKS = 4  # from so many layers of a class of one's own in a row, they are one attribute


@dataclass
class NetworkText:
    """The lines that make `model`."""

    definitions: list[str] = field(default_factory=list)  # of layers that PyTorch does not have, and of the class
    lines: str = ""
    names: dict[int, str] = field(default_factory=dict)  # id of a layer → how it is called after these lines
    frozen: int = 0  # `model[:frozen]` are the layers that keep their weights, where it was to be cut there


def network_text(
    network: nn.Module,
    settings: ModelSettings,
    shape: tuple[int, int, int],
    classes: int,
    *,
    brief: bool = False,
    cut: bool = False,
) -> NetworkText:
    """Of a network that `core.models.build` made with these settings for images (C, H, W), with the weights that it
    begins with. Its layers are made in the order in which their random weights are drawn, unless it is `brief`. `cut`:
    the layers that keep their weights are a part of their own."""
    spec = model_spec(settings.name)
    layers = list(network) if isinstance(network, nn.Sequential) else [network]
    frozen = split(network, settings)[0] if cut else nn.Sequential()
    if brief and spec.brief_source and (code := spec.brief_source(shape[0], shape[1:], classes)):
        return brief_text(layers, *code, spec.first_weights(settings, "model"), len(frozen))
    if not is_torchvisions(layers[0]):
        title = spec.title if spec.title.isidentifier() else "Network"
        text = class_text(flat(network), title, shape, len(flat(frozen)))
        text.lines += spec.first_weights(settings, "model")
        return text
    known = settings.weights == IMAGENET
    text = replaced_text(
        layers[0], settings.name, known, lambda layer: "" if known else spec.first_weights(settings, layer)
    )
    if len(frozen):
        text.frozen, after = len(frozen), ", nn.LogSoftmax(dim=1)" * (len(layers) > 1)
        text.lines += f"model = nn.Sequential({spec.sequence}{after})  # one after another: a Sequential can be cut\n"
    elif len(layers) > 1:  # log-probabilities
        text.lines += "model = nn.Sequential(model, nn.LogSoftmax(dim=1))\n"
        text.names = {key: one.replace("model.", "model[0].", 1) for key, one in text.names.items()}
    return text


def brief_text(children: list[nn.Module], definitions: str, lines: str, weights: str, frozen: int) -> NetworkText:
    """Of lines that make `model`, a Sequential with these children, the first of which may be frozen."""
    ending = "model.append(nn.LogSoftmax(dim=1))\n" if isinstance(children[-1], nn.LogSoftmax) else ""
    text = NetworkText([definitions], f"{lines}{ending}{weights}", frozen=frozen)
    for place, child in enumerate(children):
        text.names |= {id(layer): f"model[{place}]" for layer in flat(child)}
    return text


def is_torchvisions(layer: nn.Module) -> bool:
    return type(layer).__module__.startswith("torchvision.")


def flat(network: nn.Module) -> list[nn.Module]:
    """The layers that an image passes, one after another."""
    if not isinstance(network, nn.Sequential):
        return [network]
    return [layer for part in network for layer in flat(part)]


def replaced_text(network: nn.Module, name: str, known: bool, first_weights: Callable[[str], str]) -> NetworkText:
    """`known`: with what it has learnt of ImageNet."""
    from torchvision.models import get_model

    original = dict(get_model(name, weights=None).named_modules())
    weights = ', weights="IMAGENET1K_V1"' if known else ""
    learnt = "# It begins with what it has learnt from ImageNet's photographs.\n" if known else ""
    text = NetworkText(lines=f'{learnt}model = get_model("{name}"{weights})\n')
    for path, layer in network.named_modules():
        if path:
            text.names[id(layer)] = f"model.{index(path)}"
        if not list(layer.children()) and repr(layer) != repr(original[path]):
            text.lines += f"model.{index(path)} = {layer_source(layer)}\n" + first_weights(f"model.{index(path)}")
    return text


def class_text(layers: list[nn.Module], title: str, shape: tuple[int, int, int], frozen: int = 0) -> NetworkText:
    """`frozen`: so many layers are the class, and `model` is a Sequential of it and the others."""
    text = NetworkText()
    own = {type(layer): None for outer in layers for layer in outer.modules() if not is_torchs(layer)}
    sources = {one.__name__: getsource(one) for one in own}
    # A definition stands before those that use it.
    text.definitions = sorted(sources.values(), key=lambda code: sum(name in code for name in sources))
    layers, after = (layers[:frozen], layers[frozen:]) if frozen else (layers, [])
    meaning = "the features of an image" if frozen else outputs_in_words(isinstance(layers[-1], nn.LogSoftmax))
    title = "Backbone" if frozen else title
    attributes = named(layers, text)
    init = "".join(f"self.{name} = {source}\n" for name, source in attributes)
    written = " × ".join(map(str, shape))
    text.definitions.append(
        f"class {title}(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        f"{indent(init, ' ' * 8)}\n"
        f"    def forward(self, x):  # model(images) calls it; x: N images, each {written} (channels, height, width)\n"
        f"{indent(forward(layers, text, shape, meaning), ' ' * 8)}"
    )
    text.lines = f"model = {title}()\n"
    if after:
        text.frozen = 1
        others = "".join(f"    {source([layer])},\n" for layer in after)
        text.lines = f"model = nn.Sequential(\n    {title}(),\n{others})\n"
        text.names = {key: one.replace("model.", "model[0].", 1) for key, one in text.names.items()}
        text.names |= {id(layer): f"model[{place}]" for place, layer in enumerate(after, 1)}
    return text


def named(layers: list[nn.Module], text: NetworkText) -> list[tuple[str, str]]:
    """The attributes of the class, each with what it is; notes in `text` what every layer is called."""
    found: list[tuple[str, str]] = []
    kept = [layer for layer in layers if type(layer) not in FUNCTIONS]
    groups: list[list[nn.Module]] = []
    for layer in kept:
        if groups and not is_torchs(layer) and type(groups[-1][-1]) is type(layer):
            groups[-1].append(layer)
        else:
            groups.append([layer])
    parts = [part for group in groups for part in ([group] if len(group) >= BLOCKS else [[one] for one in group])]
    stems = ["blocks" if len(part) > 1 else stem_of(part[0]) for part in parts]
    shared: dict[str, str] = {}  # dropout has no weights: layers that are the same need but one name
    counted: dict[str, int] = {}
    total = {stem: len({source(p) if stem == "dropout" else id(p) for p, s in zip(parts, stems, strict=True)
                        if s == stem}) for stem in stems}  # fmt: skip
    for part, stem in zip(parts, stems, strict=True):
        written = source(part)
        if stem == "dropout" and written in shared:
            text.names[id(part[0])] = shared[written]
            continue
        counted[stem] = counted.get(stem, 0) + 1
        name = f"{stem}{counted[stem]}" if total[stem] > 1 else stem
        if stem == "dropout":
            shared[written] = f"model.{name}"
        for place, layer in enumerate(part):
            text.names[id(layer)] = f"model.{name}[{place}]" if len(part) > 1 else f"model.{name}"
        found.append((name, written))
    return found


def stem_of(layer: nn.Module) -> str:
    """What layers of its kind are called."""
    if type(layer) in NAMES:
        return NAMES[type(layer)]
    return "block" if type(layer).__name__.endswith("Block") else type(layer).__name__.lower()


def source(part: list[nn.Module]) -> str:
    written = layer_source(part[0] if len(part) == 1 else nn.Sequential(*part))
    return "nn.Dropout(p=0.5)" if written == "nn.Dropout()" else written


def shape_text(x: torch.Tensor) -> str:
    """`64 × 7 × 7`, of one image."""
    return " × ".join(map(str, x.shape[1:]))


def forward(layers: list[nn.Module], text: NetworkText, shape: tuple[int, int, int], meaning: str) -> str:
    """The lines of `forward`: each layer with weights begins one, and says the shape of what an image has become.
    `meaning` of what comes out."""
    x, lines, done = torch.zeros(1, *shape), [], set[str]()
    call, before = "x", ""
    for layer in layers:
        inside, x = x, layer.eval()(x)
        name = text.names.get(id(layer), "").partition("[")[0].replace("model.", "self.")
        if name and name.startswith("self.blocks"):
            if name in done:
                before = shape_text(x)
                continue
            done.add(name)
        wrapped = f"{name}({call})" if name else function(layer).replace("{x}", call)
        begins = isinstance(layer, nn.Conv2d | nn.Linear | nn.Flatten) or not is_torchs(layer)
        if call != "x" and (begins or len(wrapped) > LINE):
            lines.append(f"x = {call}  # {before}\n")
            wrapped = f"{name}(x)" if name else function(layer).replace("{x}", "x")
        call, before = wrapped, shape_text(x)
        if isinstance(layer, nn.Flatten) and inside.dim() > 2:
            before = f"{shape_text(inside)} = {before} numbers in a row"
    return "".join([*lines, f"return {call}  # {before}: {meaning}\n"])


def outputs_in_words(log_probabilities: bool) -> str:
    """What a model puts out, in a comment."""
    return "the logarithm of each class's probability" if log_probabilities else "a score for each class"


def function(layer: nn.Module) -> str:
    arguments = layer_source(layer).partition("(")[2][:-1]
    for alone in ("kernel_size=", "output_size=", "negative_slope="):
        if arguments.startswith(alone):
            arguments = arguments.removeprefix(alone)
    written = FUNCTIONS[type(layer)].replace("{arguments}", arguments)
    return written.replace(", )", ")")
