"""Adam and its variants: AdamW, NAdam."""

from typing import TYPE_CHECKING, Any, Literal

from core.models.shapes import Shapes, element_count
from core.training.optimizers.spec import OptimizerSettings, OptimizerSpec, call, learning, lr_field, weight_decay_field

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.optim import Optimizer


class AdamSettings(OptimizerSettings):
    """Torch's Adam with the betas of its authors, 0.9 and 0.999."""

    name: Literal["adam"] = "adam"
    lr: float = lr_field(0.001)  # Kingma & Ba 2015
    weight_decay: float = weight_decay_field()


class AdamWSettings(OptimizerSettings):
    """Adam, with a weight decay that does not pass through its averages."""

    name: Literal["adamw"] = "adamw"
    lr: float = lr_field(0.001)
    weight_decay: float = weight_decay_field()


class NAdamSettings(OptimizerSettings):
    """Adam, with Nesterov's look ahead."""

    name: Literal["nadam"] = "nadam"
    lr: float = lr_field(0.002)  # Dozat 2016, and torch's default
    weight_decay: float = weight_decay_field()


def arguments(settings: AdamSettings | AdamWSettings | NAdamSettings) -> dict[str, Any]:
    """What is not left to torch's defaults; AdamW decays by 0.01 there. Fused is one pass over memory a step; NAdam
    has no such form."""
    given: dict[str, Any] = {"lr": settings.lr}
    if settings.weight_decay or isinstance(settings, AdamWSettings):
        given |= {"weight_decay": settings.weight_decay}
    return given if isinstance(settings, NAdamSettings) else {**given, "fused": True}


def build_adam(settings: AdamSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    import torch

    return torch.optim.Adam(learning(model, settings), **arguments(settings))


def build_adamw(settings: AdamWSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    import torch

    return torch.optim.AdamW(learning(model, settings), **arguments(settings))


def build_nadam(settings: NAdamSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    import torch

    return torch.optim.NAdam(learning(model, settings), **arguments(settings))


def state_size(settings: OptimizerSettings, shapes: Shapes) -> int:
    """The averages of the gradient and of its square."""
    return 2 * element_count(shapes)


SPECS = (
    OptimizerSpec(
        name="adam",
        title="Adam",
        about="Scales each weight's step by how large its gradients have been. Works with its default learning rate "
        "almost anywhere.",
        settings=AdamSettings,
        build=build_adam,
        state_size=state_size,
        source=lambda settings: call("Adam", settings, **arguments(settings)),
        order=1,
    ),
    OptimizerSpec(
        name="adamw",
        title="AdamW",
        about="Adam with a weight decay that pulls all weights alike, however large their gradients are. Choose it "
        "where weight decay is used.",
        settings=AdamWSettings,
        build=build_adamw,
        state_size=state_size,
        source=lambda settings: call("AdamW", settings, **arguments(settings)),
        order=1,
    ),
    OptimizerSpec(
        name="nadam",
        title="NAdam",
        about="Adam that looks ahead along its own momentum, as Nesterov's does for SGD. Often a little quicker at the "
        "start.",
        settings=NAdamSettings,
        build=build_nadam,
        state_size=state_size,
        source=lambda settings: call("NAdam", settings, **arguments(settings)),
    ),
)
