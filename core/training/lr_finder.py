"""The learning-rate range test: a copy of the model trains for a few steps while the rate grows, and its loss says
which rates it can learn with.

Smith 2017, Cyclical Learning Rates for Training Neural Networks (arXiv:1506.01186), section 3.3. That the rate grows by
the same factor in each step, and that the loss is averaged over steps, follows Gugger's account of it (2018).
"""

import math
from collections.abc import Iterator
from itertools import count

import torch

from core.loading.batches import Batches, RunData
from core.training.device import autocast
from core.training.earlier import Earlier
from core.training.fit import build_loss
from core.training.kept_features import with_features
from core.training.lr_suggestion import DIVERGED, HIGHEST_LR, LOWEST_LR, WARM_UP_STEPS, RangePoint
from core.training.optimizer import build_optimizer
from core.training.settings import RunSettings
from core.training.state import new_state

STEPS = 100  # steps of a test with batches of MIN_BATCH images and more
SMALL_BATCH_STEPS = 200  # and with smaller ones, whose losses vary more
MIN_BATCH = 32  # images
SMOOTHING = 0.9  # weight of the steps before in the average of the loss
LEARNED = 0.9  # of the average at the start: a loss that has been lower had learned something, and can lose it again


def steps_of(config: RunSettings) -> int:
    """The steps that a test takes at most."""
    return STEPS if config.training.batch_size >= MIN_BATCH else SMALL_BATCH_STEPS


def find_lr(
    config: RunSettings, data: RunData, device: torch.device, earlier: Earlier | None = None
) -> Iterator[RangePoint]:
    """Train a new model, as a run with these settings would begin, and yield each step. The schedule is left out.
    `earlier`: the run whose weights it starts from.

    Ends after `steps_of` steps, or as soon as the average loss is far above its lowest or, after it had fallen, back
    where it began. Between two points the caller may stop.
    """
    state, loss_function = new_state(config, data, device, earlier=earlier), build_loss(config, data, device)
    # Another one than the schedule moves: many a schedule begins with a part of the rate.
    state.optimizer = build_optimizer(config.optimizer, state.model, device)
    data = with_features(data, state)  # of a frozen backbone: a hundred steps through it take minutes
    first = [float(group["lr"]) for group in state.optimizer.param_groups]  # it may have several, in a ratio
    steps, average, weight, lowest, start = steps_of(config), 0.0, 0.0, math.inf, 0.0
    growth = (HIGHEST_LR / LOWEST_LR) ** (1 / (steps - 1))
    state.network.train()
    for step, (images, targets) in zip(range(1, steps + 1), endless(data.train, state.randomness), strict=False):
        lr = LOWEST_LR * growth ** (step - 1)
        for group, rate in zip(state.optimizer.param_groups, first, strict=True):
            group["lr"] = rate * lr / config.optimizer.lr
        with autocast(state.precision, state.device):
            output = state.network(images)
        loss = loss_function(output.float(), targets)
        value = loss.item()
        if not math.isfinite(value):
            return
        weight = SMOOTHING * weight + 1 - SMOOTHING
        average += (value - average) * (1 - SMOOTHING) / weight
        yield RangePoint(step, lr, value, average)
        if step == WARM_UP_STEPS:
            start = average
        if step >= WARM_UP_STEPS:
            lowest = min(lowest, average)
        if average > DIVERGED * lowest or (lowest < LEARNED * start and average > start):
            return
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()


def endless(train: Batches, scheme: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The batches of one epoch after the other."""
    for epoch in count(1):
        yield from train.epoch(epoch, 0, scheme)
