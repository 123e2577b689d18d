"""What the last layer with weights sees while a network answers: the penultimate features."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from core.models.stages import head_of


class HeadInputs:
    """A context in which `last` is what the head saw of the images that were answered last, (n, F) float32. Of maps it
    is the mean over their area."""

    def __init__(self, model: nn.Module) -> None:
        self.head = head_of(model)
        self.seen: Tensor | None = None

    def __enter__(self) -> "HeadInputs":
        self.hook = self.head.register_forward_pre_hook(self.note)
        return self

    def note(self, layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.seen = inputs[0].detach()

    def __exit__(self, *error: object) -> None:
        self.hook.remove()

    @property
    def last(self) -> NDArray[np.float32]:
        assert self.seen is not None
        values = self.seen.float()
        if values.ndim > 2:
            values = values.flatten(2).mean(2)
        found: NDArray[np.float32] = values.cpu().numpy()
        return found
