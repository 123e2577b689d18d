"""A closer look at single steps, few enough that it costs little, whatever the model.

It changes nothing of the step, and follows from the step alone: a run that was interrupted shows the same numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class StepProbe:
    """What one step showed. None where there is nothing to measure: no ReLU, or nothing that learns."""

    gradient_norm: float | None = None  # Euclidean norm of all gradients together, before the optimizer took them
    update_ratio: float | None = None  # norm of what the step changed, over the norm of the weights before it
    dead_relus: float | None = None  # share of units (channels of a convolution) at 0 for every image of the batch


class Probe:
    """Watches one step of a model: its forward pass within `watching`, then `before` and `after` the optimizer."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.weights = [weight for weight in network.parameters() if weight.requires_grad]
        self.dead: list[Tensor] = []  # one an output of a ReLU: for each unit whether it is dead
        self.norm: Tensor | None = None
        self.old: list[Tensor] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """A context for the forward pass."""
        relus = [layer for layer in self.network.modules() if isinstance(layer, nn.ReLU)]
        hooks = [layer.register_forward_hook(self._note) for layer in relus]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _note(self, _layer: nn.Module, _inputs: object, output: Tensor) -> None:
        units = output.detach().transpose(0, 1).flatten(1) if output.ndim > 1 else output.detach()[None]
        self.dead.append(units.amax(1) <= 0)

    def before(self) -> None:
        """The gradients are there, the weights still as they were."""
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        self.norm = _norm(gradients)
        self.old = [weight.detach().clone() for weight in self.weights]

    def after(self) -> StepProbe:
        """The step was taken."""
        with torch.no_grad():
            changes = torch._foreach_sub([weight.detach() for weight in self.weights], self.old) if self.old else []
            ratio = _norm(list(changes)) / _norm(self.old).clamp_min(1e-12) if self.old else None
        dead = torch.cat(self.dead).float().mean() if self.dead else None
        has_gradients = self.norm is not None and bool(self.weights)
        return StepProbe(
            float(self.norm) if has_gradients and self.norm is not None else None,
            None if ratio is None else float(ratio),
            None if dead is None else float(dead),
        )


def _norm(tensors: list[Tensor]) -> Tensor:
    """The Euclidean norm of all numbers together."""
    if not tensors:
        return torch.zeros(())
    norms = torch._foreach_norm([tensor.detach() for tensor in tensors])
    together: Tensor = torch.linalg.vector_norm(torch.stack([norm.float() for norm in norms]))
    return together
