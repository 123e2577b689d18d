"""Lion, which torch does not have. Its class is also shown to people, so it needs nothing but torch."""

from typing import Any

import torch


class Lion(torch.optim.Optimizer):
    """Steps of one size along the sign of the momentum (Chen et al. 2023, arXiv:2302.06675)."""

    def __init__(self, params: Any, lr: float, weight_decay: float = 0.0, betas: tuple[float, float] = (0.9, 0.99)):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            lr, decay, (now, later) = group["lr"], group["weight_decay"], group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["exp_avg"] = torch.zeros_like(p)
                average = state["exp_avg"]
                direction = torch.lerp(p.grad, average, now).sign_()  # now · average + (1 - now) · gradient
                p.mul_(1 - lr * decay).add_(direction, alpha=-lr)
                average.lerp_(p.grad, 1 - later)
