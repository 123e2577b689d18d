"""Muon beside AdamW as one optimizer. Its class is also shown to people, so it needs nothing but torch."""

from typing import Any

import torch


class MuonWithAdamW(torch.optim.Optimizer):
    """Muon for hidden weights, AdamW for all other parameters. Both are lists of parameters, or of groups of them, each
    with a learning rate of its own.

    Muon takes matrices. A convolution kernel (out, in, height, width) becomes one of out rows: another view of the
    same memory, so that what changes the matrix changes the kernel.
    """

    def __init__(self, hidden: Any, others: Any, lr: float, adamw_lr: float, momentum: float, weight_decay: float):
        groups = hidden if isinstance(hidden[0], dict) else [{"params": hidden}]
        self.hidden = [p for group in groups for p in group["params"]]
        matrices = [{**group, "params": [self.as_matrix(p.detach(), p) for p in group["params"]]} for group in groups]
        self.muon: torch.optim.Optimizer = torch.optim.Muon(
            matrices, lr=lr, momentum=momentum, weight_decay=weight_decay
        )
        self.adamw = torch.optim.AdamW(others, lr=adamw_lr, weight_decay=weight_decay, fused=True)
        self.of_muon = len(groups)
        super().__init__([*self.muon.param_groups, *self.adamw.param_groups], {})
        self.share()

    @staticmethod
    def as_matrix(values: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        """`values`, of the shape of `p`, as (out, …) in the order in which `p` lies in memory."""
        return values.flatten(1) if p.is_contiguous() else values.movedim(1, -1).flatten(1)

    def share(self) -> None:
        """Let both use the groups and the state of this optimizer, which are saved, loaded, and scheduled."""
        groups = self.param_groups
        self.muon.param_groups, self.adamw.param_groups = groups[: self.of_muon], groups[self.of_muon :]
        self.muon.state = self.adamw.state = self.state

    def __setstate__(self, state: dict[str, Any]) -> None:  # when a state_dict was loaded
        super().__setstate__(state)
        self.share()

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none)
        for p in self.hidden:
            p.grad = None

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        matrices = [matrix for group in self.muon.param_groups for matrix in group["params"]]
        for p, matrix in zip(self.hidden, matrices, strict=True):
            matrix.grad = None if p.grad is None else self.as_matrix(p.grad, p)
        self.muon.step()
        self.adamw.step()
