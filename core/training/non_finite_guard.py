"""What surrounds an optimizer in the loop: the guard before its steps, and the schedule of its learning rate."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from core.training.schedules import SCHEDULES, ScheduleSettings


class NonFiniteGuard:
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
        return device.type == "cpu" or not all(group.get("fused") for group in optimizer.param_groups)

    def stops(self, loss: Tensor) -> bool:
        """Whether it is known by now that `loss` (a scalar) is not finite."""
        if self.flag is None:
            return not math.isfinite(loss.item())
        self.flag.masked_fill_(~loss.isfinite(), 1.0)
        return False


class Schedule:
    """Moves the learning rate, when the entry of its settings says so."""

    def __init__(self, settings: ScheduleSettings, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> None:
        entry = SCHEDULES[settings.name]
        self.optimizer, self.moves = optimizer, entry.moves
        self.inner: Any = entry.build(settings, optimizer, epochs, steps_per_epoch)

    @property
    def lr(self) -> float:
        """The rate that the next step is taken with."""
        return float(self.optimizer.param_groups[0]["lr"])

    def after_step(self) -> None:
        if self.moves == "step":
            self.inner.step()

    def after_epoch(self, val_loss: float) -> None:
        if self.moves == "epoch":
            self.inner.step()
        elif self.moves == "loss":
            self.inner.step(val_loss)

    def state_dict(self) -> dict[str, Any]:
        return {} if self.inner is None else dict(self.inner.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.inner is not None:
            self.inner.load_state_dict(state)
