"""A network in three stages: its body, its last block, its head. Which of them learn is a setting; those before keep
the weights they have."""

from dataclasses import dataclass
from types import MethodType

from torch import nn

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models import ModelSettings, model_spec


@dataclass(frozen=True)
class Stages:
    """The layers that an image passes, one after another; all of them in their order compute what the network does."""

    body: list[nn.Module]
    last_block: list[nn.Module]
    head: list[nn.Module]  # the last layer with weights and what comes after it


def plain_stages(network: nn.Module) -> Stages:
    """Of a plain Sequential: the head is its last layer with weights, the last block the one before, a norm being
    none, with what follows it."""
    layers = list(network) if isinstance(network, nn.Sequential) else []
    weighted = [place for place, layer in enumerate(layers) if any(p.ndim > 1 for p in layer.parameters())]
    if not weighted:
        raise BadInput(
            "the layers of this model cannot be frozen by stages; allowed: {setting}=all",
            setting=SettingName("model.trains"),
        )
    block, last = weighted[-2] if len(weighted) > 1 else 0, weighted[-1]
    return Stages(layers[:block], layers[block:last], layers[last:])


def split(network: nn.Module, settings: ModelSettings) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers that keep their weights, which may be none, and those after them. Both share their parameters with the
    network; one after the other they compute what it does."""
    if settings.trains == "all":
        return nn.Sequential(), nn.Sequential(network)
    stages = (model_spec(settings.name).stages or plain_stages)(network)
    frozen = [*stages.body, *(stages.last_block if settings.trains == "head" else [])]
    rest = [*([] if settings.trains == "head" else stages.last_block), *stages.head]
    # A dropout behind the last weights that are frozen belongs to what learns from them.
    weighted = max((place for place, layer in enumerate(frozen) if layer.state_dict()), default=-1)
    dropped = (place for place, layer in enumerate(frozen) if place > weighted and isinstance(layer, nn.Dropout))
    end = next(dropped, len(frozen))
    return nn.Sequential(*frozen[:end]), nn.Sequential(*frozen[end:], *rest)


def freeze(layers: nn.Sequential) -> None:
    """Let layers keep their weights. In training, too, their batch norms use what they have learnt before, so that
    nothing of them drifts."""
    for layer in layers:
        layer.requires_grad_(False).eval()
        layer.train = MethodType(stay, layer)  # type: ignore[method-assign]


def stay(layer: nn.Module, mode: bool = True) -> nn.Module:
    """In place of a layer's `train`: it stays in evaluation mode."""
    return layer


def head_of(network: nn.Module) -> nn.Module:
    """The last layer with weights of its own: the one that has a row for each class."""
    return [layer for layer in network.modules() if next(layer.parameters(recurse=False), None) is not None][-1]
