"""The learning-rate range test: a copy of the model trains for a few steps while the rate grows, and its loss says
which rates it can learn with.

Smith 2017, Cyclical Learning Rates for Training Neural Networks (arXiv:1506.01186), section 3.3. That the rate grows by
the same factor in each step, and that the loss is averaged over steps, follows Gugger's account of it (2018).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import torch

from core.loading.batches import Batches, RunData
from core.training.device import autocast
from core.training.fit import build_loss
from core.training.settings import RunSettings
from core.training.state import new_state

LOWEST_LR, HIGHEST_LR = 1e-6, 10.0  # rates of the first and the last step
STEPS = 100  # steps of a test with batches of MIN_BATCH images and more
SMALL_BATCH_STEPS = 200  # and with smaller ones, whose losses vary more
MIN_BATCH = 32  # images
SMOOTHING = 0.9  # weight of the steps before in the average of the loss
DIVERGED = 3.0  # times the lowest average; from there on only larger rates follow, and larger losses
LEARNED = 0.9  # of the average at the start: a loss that has been lower had learned something, and can lose it again
WARM_UP_STEPS = 10  # at the start, whose average is still that of too few losses: 1 / (1 - SMOOTHING)
BACK_OFF = 10.0  # the suggested rate is so many times below that of the lowest loss, which is already near the edge


@dataclass(frozen=True)
class RangePoint:
    """One step: the rate that it was taken with, the mean loss of its batch before it (nats), and the average of the
    losses up to here, recent ones counting most."""

    step: int  # from 1
    lr: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class Suggestion:
    """A rate to train with, and what it was read from. Rates of 1, 2, 3, 5 or 7 in a power of ten: a test of a few
    steps says no more."""

    lr: float
    lowest_at: float  # rate at which the average loss was lowest
    rises_from: float | None  # rate from which it was far above; None: it never was


def steps_of(config: RunSettings) -> int:
    """The steps that a test takes at most."""
    return STEPS if config.training.batch_size >= MIN_BATCH else SMALL_BATCH_STEPS


def find_lr(config: RunSettings, data: RunData, device: torch.device) -> Iterator[RangePoint]:
    """Train a new model, as a run with these settings would begin, and yield each step. The schedule is left out.

    Ends after `steps_of` steps, or as soon as the average loss is far above its lowest or, after it had fallen, back
    where it began. Between two points the caller may stop.
    """
    state, loss_function = new_state(config, data, device), build_loss(config, data, device)
    first = [float(group["lr"]) for group in state.optimizer.param_groups]  # an optimizer may have several, in a ratio
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


def suggest(points: Sequence[RangePoint]) -> Suggestion | None:
    """A rate a tenth of that with the lowest average loss. None where the loss never fell, and where it was lowest at
    the largest rate: no rate can be read then."""
    settled = [point for point in points if point.step >= WARM_UP_STEPS]
    if not settled:
        return None
    best = min(settled, key=lambda point: point.smoothed)
    if best is settled[0] or best.lr >= 0.99 * HIGHEST_LR:  # it only rose, or no rate was too high
        return None
    rises = next((p.lr for p in settled if p.lr > best.lr and p.smoothed > DIVERGED / 2 * best.smoothed), None)
    return Suggestion(rounded(best.lr / BACK_OFF), best.lr, rises)


def rounded(lr: float) -> float:
    """The nearest of 1, 2, 3, 5 and 7 in a power of ten, by ratio."""
    power = math.floor(math.log10(lr))
    stops = [float(f"{digit}e{power}") for digit in (1, 2, 3, 5, 7)] + [float(f"1e{power + 1}")]
    return min(stops, key=lambda stop: abs(math.log(stop / lr)))
