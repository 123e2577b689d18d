"""The learning rate of a run while it trains, moved as its schedule says."""

from typing import Any

from torch.optim import Optimizer

from core.training.optimizers.spec import lr_of
from core.training.schedules import SCHEDULES, ScheduleSettings


class Scheduler:
    """Moves the learning rate, when the entry of its settings says so."""

    def __init__(self, settings: ScheduleSettings, optimizer: Optimizer, epochs: int, steps_per_epoch: int) -> None:
        entry = SCHEDULES[settings.name]
        self.optimizer, self.moves = optimizer, entry.moves
        self.inner: Any = entry.build(settings, optimizer, epochs, steps_per_epoch)

    @property
    def lr(self) -> float:
        """The rate that the next step is taken with; the last layer's, where the backbone has a share of it."""
        return lr_of(self.optimizer.param_groups[0])

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
