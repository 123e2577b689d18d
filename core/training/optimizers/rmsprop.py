"""RMSprop."""

from typing import TYPE_CHECKING, Any, Literal

from core.models.shapes import Shapes, element_count
from core.training.optimizers.spec import (
    OptimizerSettings,
    OptimizerSpec,
    call,
    learning,
    lr_field,
    momentum_field,
    weight_decay_field,
)

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.optim import Optimizer


class RMSpropSettings(OptimizerSettings):
    """Torch's RMSprop, which smooths the squares by 0.99."""

    name: Literal["rmsprop"] = "rmsprop"
    lr: float = lr_field(0.001)
    momentum: float = momentum_field()
    weight_decay: float = weight_decay_field()


def arguments(settings: RMSpropSettings) -> dict[str, Any]:
    """What differs from torch's defaults. There is no fused form."""
    given = {"lr": settings.lr, "momentum": settings.momentum, "weight_decay": settings.weight_decay}
    return {key: value for key, value in given.items() if value}


def build(settings: RMSpropSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    import torch

    return torch.optim.RMSprop(learning(model, settings), **arguments(settings))


def state_size(settings: RMSpropSettings, shapes: Shapes) -> int:
    """The average of the squares, and the momentum."""
    return element_count(shapes) * (2 if settings.momentum else 1)


def source(settings: RMSpropSettings) -> str:
    return call("RMSprop", settings, **arguments(settings))


SPECS = (
    OptimizerSpec(
        name="rmsprop",
        title="RMSprop",
        about="Divides each weight's step by how large its gradients have been lately. Adam came from it.",
        settings=RMSpropSettings,
        build=build,
        state_size=state_size,
        source=source,
        order=2,
    ),
)
