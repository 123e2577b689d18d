"""A loss that is not finite: no step follows it."""

import math

import torch
from torch import Tensor
from torch.optim import Optimizer


class NonFiniteGuard:
    """Keeps an optimizer from taking a step that follows a loss that is not finite.

    On a processor the loss is known at once. On a GPU every step would have to wait for it, so there a fused optimizer
    reads a flag on the device and does nothing from the first such loss on; a later read of the losses finds that one.
    """

    def __init__(self, optimizer: Optimizer, device: torch.device) -> None:
        self.flag = None if self.waits_for(optimizer, device) else torch.zeros((), device=device)
        optimizer.found_inf = self.flag  # type: ignore[attr-defined]  # what fused optimizers ask, as GradScaler uses it

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
