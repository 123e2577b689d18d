"""Muon beside AdamW in few lines, for people to read: as `_muon`, but for a state that is saved, and memory in another
order. Needs nothing but torch."""

from typing import Any

import torch


class Both(torch.optim.Optimizer):
    """Several optimizers as one, for the schedule and the loop."""

    def __init__(self, *optimizers: torch.optim.Optimizer):
        super().__init__([group for one in optimizers for group in one.param_groups], {})
        self.optimizers = optimizers

    def step(self, closure: Any = None) -> Any:
        for one in self.optimizers:
            one.step()


def as_matrix(p: torch.Tensor) -> torch.Tensor:
    """The same numbers with a row for each output channel, as Muon takes them; the gradient goes there, too."""
    matrix = p.detach().flatten(1)

    def hand_on(p: torch.Tensor) -> None:
        matrix.grad, p.grad = p.grad.flatten(1), None  # type: ignore[union-attr]

    p.register_post_accumulate_grad_hook(hand_on)  # type: ignore[no-untyped-call]
    return matrix
