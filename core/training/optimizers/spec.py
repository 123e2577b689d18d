"""The description of an optimizer, and the settings that several optimizers have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from core.models.shapes import Shapes
from core.settings.entries import EntrySettings, EntrySpec
from core.settings.fields import setting

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.optim import Optimizer


def lr_field(default: float, slider: tuple[float, float] = (1e-5, 1)) -> Any:
    """The field `lr`; its default is the entry's own. A run without an `lr`, or with null, takes it."""
    return setting(
        default,
        title="Learning rate",
        help="How far each step goes. The one number that matters most.",
        low=1e-8,
        high=10,
        slider=slider,
        log=True,
        too_high="The loss jumps about, or grows until it is not a number.",
        too_low="The loss falls, but so slowly that the epochs run out.",
        own=True,
    )


def momentum_field(default: float = 0.0, *, own: bool = False) -> Any:
    """The field `momentum`."""
    return setting(
        default,
        title="Momentum",
        help="Share of the last step that is kept in the next one.",
        low=0,
        high=0.999,
        step=0.01,
        slider=(0, 0.99),
        too_high="It overshoots and swings.",
        too_low="It creeps along and stops at every bump.",
        own=own,
    )


def weight_decay_field() -> Any:
    """The field `weight_decay`."""
    return setting(
        0.0,
        title="Weight decay",
        help="Pulls every weight towards 0 a little in each step, which keeps the model simple.",
        low=0,
        high=1,
        slider=(1e-6, 0.1),
        log=True,
        too_high="The weights cannot grow, and the model learns nothing.",
        too_low="The model may overfit: it remembers its training images.",
        advanced=True,
    )


class OptimizerSettings(EntrySettings):
    """How the weights follow the gradient."""

    name: str = setting("adam", title="Optimizer", help="How a step follows from the gradient.")
    lr: float = lr_field(0.001)
    backbone_lr: float = setting(
        1.0,
        title="Backbone's share of the rate",
        help="All layers but the last one learn with this share of the learning rate: what they know already is only "
        "adapted (discriminative rates). Schedules move both rates alike.",
        low=0.01,
        high=1,
        slider=(0.01, 1),
        log=True,
        too_high="At 1 the backbone may forget what it knew before the last layer has learnt your classes.",
        too_low="The backbone stays as it is: that is quicker with its layers frozen.",
        unless={"model.weights": ("random",), "model.trains": ("head",)},
    )

    @model_validator(mode="before")
    @classmethod
    def default_lr(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("lr", 0) is None:
            values = {key: value for key, value in values.items() if key != "lr"}
        return values


def nothing_to_check(settings: Any, shapes: Shapes) -> None:
    """The check of an optimizer that can train any model."""


@dataclass(frozen=True)
class OptimizerSpec(EntrySpec):
    """One entry of the optimizer registry."""

    # (settings, model, device) -> an optimizer over the parameters that learn; `step` must leave them as they are
    # where there is no gradient. A `state_dict` of it must hold plain values and tensors only.
    build: "Callable[[Any, nn.Module, torch.device], Optimizer]"
    # (settings, shapes) -> numbers that the optimizer keeps from one step to the next, scalars left out
    state_size: Callable[[Any, Shapes], int]
    # (settings) -> lines of plain PyTorch that make `optimizer` for `model`; `torch` is imported
    source: Callable[[Any], str]
    # The same as a teacher would write it, if that is shorter: equal but for rounding
    brief_source: Callable[[Any], str] | None = None
    # (settings, shapes): `BadInput` for a model that it cannot train
    check: Callable[[Any, Shapes], None] = nothing_to_check
    order: int = 3  # among the entries


def learning(model: "nn.Module", settings: OptimizerSettings | None = None) -> "list[Any]":
    """The parameters of a model that learn; in two groups where `settings` give the backbone a rate of its own."""
    found = [p for p in model.parameters() if p.requires_grad]
    return found if settings is None else by_rate(found, model, settings, settings.lr)


def by_rate(parameters: "list[nn.Parameter]", model: "nn.Module", settings: OptimizerSettings, lr: float) -> list[Any]:
    """Some parameters of a model as an optimizer takes them that learns with `lr`: a list of them, or of two groups,
    the last layer's first, where the backbone has its own rate. `lr_scale` is its share of `lr`."""
    from core.models.stages import head_of

    last = {id(p) for p in head_of(model).parameters()}
    head = [p for p in parameters if id(p) in last]
    backbone = [p for p in parameters if id(p) not in last]
    if settings.backbone_lr == 1 or not backbone:
        return parameters
    slower = {"params": backbone, "lr": lr * settings.backbone_lr, "lr_scale": settings.backbone_lr}
    return [{"params": head}, slower] if head else [slower]


def lr_of(group: "dict[str, Any]") -> float:
    """The rate of a group of an optimizer's parameters, as it would be without a share of its own."""
    return float(group["lr"] / group.get("lr_scale", 1.0))


# `head_of` in plain PyTorch.
HEAD = (
    "layers = [layer for layer in model.modules() if list(layer.parameters(recurse=False))]\n"
    "head = list(layers[-1].parameters())\n"
)


def call(name: str, settings: OptimizerSettings | None = None, /, **arguments: object) -> str:
    """The lines that build one of torch's optimizers over all parameters, with the rates of `settings`."""
    given = "".join(f", {key}={value!r}" for key, value in arguments.items())
    if settings is None or settings.backbone_lr == 1:
        return f"optimizer = torch.optim.{name}(model.parameters(){given})\n"
    rate = settings.lr * settings.backbone_lr
    return (
        f"{HEAD}backbone = [p for layer in layers[:-1] for p in layer.parameters(recurse=False)]\n"
        f'groups = [{{"params": head}}, {{"params": backbone, "lr": {rate!r}}}]\n'
        f"optimizer = torch.optim.{name}(groups{given})\n"
    )
