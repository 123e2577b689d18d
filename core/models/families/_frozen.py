"""Layers that keep their weights."""

from typing import Self

from torch import nn


class Frozen(nn.Sequential):
    """Layers that do not learn. In training, too, their batch norms use what they have learnt before."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> Self:
        return super().train(False)
