"""Optimisers and learning-rate schedules, by name, from torch."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer, lr_scheduler

from core.sections import OptimizerConfig, ScheduleConfig


def build_optimizer(settings: OptimizerConfig, parameters: Iterable[nn.Parameter], device: torch.device) -> Optimizer:
    """The optimiser over the parameters that learn; fused (one pass over memory a step) where torch has that form."""
    learning = [p for p in parameters if p.requires_grad]
    common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay}
    if settings.name == "rmsprop":  # has no fused form
        return torch.optim.RMSprop(learning, momentum=settings.momentum, **common)
    common["fused"] = True
    if settings.name == "sgd":
        return torch.optim.SGD(learning, momentum=settings.momentum, nesterov=settings.nesterov, **common)
    adam = torch.optim.AdamW if settings.name == "adamw" else torch.optim.Adam
    return adam(learning, **common)


class Guard:
    """Keeps an optimiser from taking a step that follows a loss that is not finite.

    A processor has the loss at hand. A GPU would have to be waited for in every step, so there a fused optimiser looks
    at a flag on the device and does nothing from the first such loss on; who reads the losses later finds it there.
    """

    def __init__(self, optimizer: Optimizer, device: torch.device) -> None:
        self.flag = None if self.waits_for(optimizer, device) else torch.zeros((), device=device)
        optimizer.found_inf = self.flag  # type: ignore[attr-defined]  # what fused optimisers ask, as GradScaler uses it

    @staticmethod
    def waits_for(optimizer: Optimizer, device: torch.device) -> bool:
        """Whether the loss itself is looked at in every step."""
        return device.type == "cpu" or not optimizer.defaults.get("fused")

    def stops(self, loss: Tensor) -> bool:
        """Whether it is known by now that `loss` (a scalar) is not finite."""
        if self.flag is None:
            return not math.isfinite(loss.item())
        self.flag.masked_fill_(~loss.isfinite(), 1.0)
        return False


class Schedule:
    """Moves the learning rate: after every step (cosine, one-cycle) or after every epoch (step, plateau)."""

    def __init__(self, settings: ScheduleConfig, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> None:
        self.optimizer = optimizer
        self.by_step: lr_scheduler.LRScheduler | None = None
        self.by_epoch: lr_scheduler.LRScheduler | None = None
        self.plateau: lr_scheduler.ReduceLROnPlateau | None = None
        steps = epochs * steps_per_epoch
        if settings.name == "cosine":
            self.by_step = lr_scheduler.CosineAnnealingLR(optimizer, steps)
        elif settings.name == "one_cycle":
            peak = optimizer.param_groups[0]["lr"]
            self.by_step = lr_scheduler.OneCycleLR(
                optimizer,
                peak,
                total_steps=max(2, steps + 1),
                pct_start=settings.warmup,
                cycle_momentum=False,
            )
        elif settings.name == "step":
            self.by_epoch = lr_scheduler.StepLR(optimizer, settings.every, settings.factor)
        elif settings.name == "plateau":
            self.plateau = lr_scheduler.ReduceLROnPlateau(optimizer, factor=settings.factor, patience=settings.patience)

    @property
    def lr(self) -> float:
        """The rate that the next step is taken with."""
        return float(self.optimizer.param_groups[0]["lr"])

    def after_step(self) -> None:
        if self.by_step is not None:
            self.by_step.step()

    def after_epoch(self, val_loss: float) -> None:
        if self.by_epoch is not None:
            self.by_epoch.step()
        if self.plateau is not None:
            self.plateau.step(val_loss)

    def state_dict(self) -> dict[str, Any]:
        inner = self.by_step or self.by_epoch or self.plateau
        return {} if inner is None else inner.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        inner = self.by_step or self.by_epoch or self.plateau
        if inner is not None:
            inner.load_state_dict(state)
