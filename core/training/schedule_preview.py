"""The learning rate over a whole run, as the schedule's own scheduler moves it: drawn before the run begins."""

import torch

from core.training.scheduler import Scheduler
from core.training.schedules import SCHEDULES
from core.training.settings import RunSettings

MAX_STEPS = 2000  # of a drawn run; a curve needs no more


def rates(config: RunSettings, steps_per_epoch: int) -> tuple[list[float], list[float]]:
    """Epochs gone by (0 at the start), and the rate of the step that begins there. Long epochs are drawn with fewer
    steps: a schedule goes by the share of the run, or by whole epochs.

    Of a schedule that follows the validation loss, only the rate at the start is known: one step.
    """
    epochs = config.training.epochs
    steps = max(1, min(steps_per_epoch, MAX_STEPS // epochs))
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=config.optimizer.lr)
    scheduler = Scheduler(config.schedule, optimizer, epochs, steps)
    optimizer.step()  # changes nothing; without it the scheduler warns that it moves before a step
    if SCHEDULES[config.schedule.name].moves == "loss":
        return [0.0], [scheduler.lr]
    at, found = [], []
    for epoch in range(epochs):
        for step in range(steps):
            at.append(epoch + step / steps)
            found.append(scheduler.lr)
            scheduler.after_step()
        scheduler.after_epoch(0.0)
    return at, found
