"""Stochastic gradient descent, with momentum."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator

from core.errors import BadInput
from core.locale.messages import SettingName
from core.models.shapes import Shapes, element_count
from core.settings.fields import setting
from core.settings.parsing import refusal
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


class SGDSettings(OptimizerSettings):
    """Momentum, and whether it is Nesterov's."""

    name: Literal["sgd"] = "sgd"
    lr: float = lr_field(0.05)  # usual with momentum 0.9
    momentum: float = momentum_field()
    nesterov: bool = setting(
        False,
        title="Nesterov",
        help="Look ahead along the momentum before taking the gradient. Needs a momentum above 0.",
        advanced=True,
    )
    weight_decay: float = weight_decay_field()

    @model_validator(mode="after")
    def has_where_to_look(self) -> "SGDSettings":
        if self.nesterov and not self.momentum:
            problem = BadInput(
                "{setting} is true; allowed only with {momentum} above 0",
                setting=SettingName("optimizer.nesterov"),
                momentum=SettingName("optimizer.momentum"),
            )
            raise refusal(problem)
        return self


def arguments(settings: SGDSettings) -> dict[str, Any]:
    """What differs from torch's defaults; fused is one pass over memory a step."""
    given: dict[str, Any] = {"lr": settings.lr}
    if settings.momentum:
        given |= {"momentum": settings.momentum}
    if settings.nesterov:
        given |= {"nesterov": True}
    if settings.weight_decay:
        given |= {"weight_decay": settings.weight_decay}
    return {**given, "fused": True}


def build(settings: SGDSettings, model: "nn.Module", device: "torch.device") -> "Optimizer":
    import torch

    return torch.optim.SGD(learning(model, settings), **arguments(settings))


def state_size(settings: SGDSettings, shapes: Shapes) -> int:
    return element_count(shapes) if settings.momentum else 0


def source(settings: SGDSettings) -> str:
    return call("SGD", settings, **arguments(settings))


SPECS = (
    OptimizerSpec(
        name="sgd",
        title="SGD",
        about="Stochastic gradient descent: a step along the gradient. With momentum and a well-chosen learning rate "
        "it often ends a little better than Adam.",
        settings=SGDSettings,
        build=build,
        state_size=state_size,
        source=source,
        order=0,
    ),
)
