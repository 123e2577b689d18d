"""The training loop. It knows nothing of files, databases or pages: it yields what happened, and between two
events the model does not change, so the caller may save, stop or go on."""

import json
import math
import operator
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict
from functools import partial

import numpy as np
import torch
from torch import Tensor

from core.errors import Problem
from core.loading.batches import Batches, RunData
from core.training.device import autocast
from core.training.evaluate import evaluate
from core.training.events import EpochMetrics, Evaluating, Event, Finished, Score, StepMetrics
from core.training.losses import LOSSES, Loss
from core.training.metrics import METRICS, guarded
from core.training.metrics.spec import StepSums
from core.training.non_finite_guard import NonFiniteGuard
from core.training.settings import RunSettings
from core.training.state import TrainState

# Seconds between two step events: several a second are enough for a chart that moves.
EVENT_INTERVAL_S = 0.2


class Diverged(Problem):
    """The loss is not a finite number any more."""


def fit(config: RunSettings, data: RunData, state: TrainState) -> Iterator[Event]:
    """Train until `training.epochs` are done, from the position of `state`.

    Measures the untrained model first (epoch 0), the validation part after every epoch, and the test part once,
    at the end. Raises `Diverged` before a step that would follow a loss that is not finite.
    """
    now, loss_function = state.progress, build_loss(config, data, state.device)
    if now.epoch == 0:
        val = yield from score(state, data.val)
        now.epoch = 1
        yield end_epoch(state, 0, None, val)
    stopped_early = should_stop_early(config, state)
    while now.epoch <= config.training.epochs and not stopped_early:
        yield from train_epoch(loss_function, data, state)
        train = Score(now.loss_sum / now.images, now.correct, now.images)
        val = yield from score(state, data.val)
        state.schedule.after_epoch(val.loss)
        now.epoch, now.step = now.epoch + 1, 0
        now.loss_sum, now.correct, now.images = 0.0, 0, 0
        reported = time.perf_counter()
        yield end_epoch(state, now.epoch - 1, train, val)
        spent = time.perf_counter() - reported  # a checkpoint, most likely: it belongs to training
        now.seconds += spent
        now.train_seconds += spent
        stopped_early = should_stop_early(config, state)
    # Where the test set was measured after every epoch, its last score is known.
    test = (yield from score(state, data.test)) if data.parts.held_out else Score(**json.loads(now.history[-1])["val"])
    yield finish(state, test, stopped_early and now.epoch <= config.training.epochs)


def train_epoch(loss_function: Loss, data: RunData, state: TrainState) -> Iterator[Event]:
    """The steps of one epoch that are still to do."""
    now, network, optimizer = state.progress, state.network, state.optimizer
    network.train()
    report, guard = StepAccumulator(state, len(data.train)), NonFiniteGuard(optimizer, state.device)
    for images, targets in data.train.epoch(now.epoch, now.step, state.randomness):
        with autocast(state.precision, state.device):
            output = network(images)
        loss = loss_function(output.float(), targets)
        report.add(loss.detach(), output.detach(), targets)
        if guard.stops(loss):
            report.check()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        state.schedule.after_step()
        if report.due():
            yield report.take()
            network.train()  # the consumer may have used the model
    if report.losses:
        yield report.take()


def build_loss(config: RunSettings, data: RunData, device: torch.device) -> Loss:
    """The loss that training minimises, for the classes as they occur in the training part."""
    labels = np.asarray(data.prepared.labels)[data.parts.train]
    counts = np.bincount(labels, minlength=len(data.prepared.meta.classes)).tolist()
    return LOSSES[config.loss.name].build(config.loss, counts, device)


def score(state: TrainState, batches: Batches) -> Generator[Evaluating, None, Score]:
    """Evaluate, passing on signs of life; returns the score (to `yield from`)."""
    started = time.perf_counter()
    for event in evaluate(state.network, batches, state.device, state.precision):
        if isinstance(event, Score):
            state.progress.seconds += time.perf_counter() - started
            return event
        yield event
    raise AssertionError("an evaluation ends with a score")


class StepAccumulator:
    """Gathers steps into step events, and keeps the sums and clocks of the run. What a step gives stays on the device
    until the event is due: reading it would make a GPU wait."""

    def __init__(self, state: TrainState, steps_per_epoch: int) -> None:
        self.state, self.steps_per_epoch = state, steps_per_epoch
        self.clear(time.perf_counter())

    def clear(self, opened: float) -> None:
        self.opened = opened
        self.losses: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.labels: list[Tensor] = []
        self.lr = 0.0

    def add(self, loss: Tensor, output: Tensor, targets: Tensor) -> None:
        """Count one step; `loss` is the mean over its images, `output` (N, classes); of targets that are shares (N,
        classes), the class with the largest one is the right answer."""
        self.losses.append(loss)
        self.outputs.append(output)
        self.labels.append(targets if targets.ndim == 1 else targets.argmax(1))
        self.lr = self.state.schedule.lr
        self.state.progress.step += 1
        self.state.progress.steps += 1

    def due(self) -> bool:
        return time.perf_counter() - self.opened >= EVENT_INTERVAL_S

    def check(self) -> list[float]:
        """The losses so far, each finite; else `Diverged`."""
        losses: list[float] = torch.stack(self.losses).tolist()
        now = self.state.progress
        for step, value in enumerate(losses, start=now.steps - len(losses) + 1):
            if not math.isfinite(value):
                raise Diverged(
                    "The loss became {value} at step {step:,} (epoch {epoch}), with a learning rate of {lr:g}. "
                    "Training stopped before that step was taken, and the last good checkpoint is kept. Start again "
                    "with a lower learning rate, a tenth of it for instance.",
                    value=value,
                    step=step,
                    epoch=now.epoch,
                    lr=self.lr,
                )
        return losses

    def take(self) -> StepMetrics:
        """The event of the steps since the last one. What the consumer does with it counts as training time."""
        losses = self.check()
        sizes = [len(labels) for labels in self.labels]
        correct = int((torch.cat(self.outputs).argmax(1) == torch.cat(self.labels)).sum().item())
        sums, images = list(map(operator.mul, losses, sizes)), sum(sizes)
        now, clock = self.state.progress, time.perf_counter()
        spent = clock - self.opened
        for step_sum in sums:  # one by one: to the last bit, the epoch's loss must not depend on when events were due
            now.loss_sum += step_sum
        now.correct += correct
        now.images += images
        now.seconds += spent
        now.train_seconds += spent
        now.train_images += images
        steps = StepSums(sum(sums), correct, images, self.lr, spent)
        event = StepMetrics(
            step=now.steps,
            epoch=now.epoch - 1 + now.step / self.steps_per_epoch,
            metrics={
                spec.name: guarded(spec.name, partial(spec.of_steps, steps))
                for spec in METRICS.entries.values()
                if spec.of_steps
            },
            seconds=now.seconds,
        )
        self.clear(clock)
        return event


def end_epoch(state: TrainState, epoch: int, train: Score | None, val: Score) -> EpochMetrics:
    """Take note of an epoch's scores: the best so far, and the history. `Diverged` if they are no numbers."""
    now = state.progress
    if not math.isfinite(val.loss):
        raise Diverged(
            "The loss on the validation images is {loss} after epoch {epoch}, with a learning rate of "
            "{lr:g}. Training stopped, and the last good checkpoint is kept. Start again with a lower "
            "learning rate, a tenth of it for instance.",
            loss=val.loss,
            epoch=epoch,
            lr=state.schedule.lr,
        )
    first = epoch > 0 and now.best_epoch == 0  # the untrained model is the best one of no run
    best = first or val.accuracy > now.best_accuracy
    if best:
        now.best_accuracy, now.best_epoch, now.stale = val.accuracy, epoch, 0
    else:
        now.stale += 1
    event = EpochMetrics(epoch, now.steps, train, val, state.schedule.lr, now.seconds, best)
    now.history.append(json.dumps(asdict(event)))
    return event


def should_stop_early(config: RunSettings, state: TrainState) -> bool:
    """Whether early stopping ends the run now."""
    return 0 < config.training.patience <= state.progress.stale


def finish(state: TrainState, test: Score, stopped_early: bool) -> Finished:
    now, last = state.progress, json.loads(state.progress.history[-1])
    return Finished(
        epochs=now.epoch - 1,
        train=Score(**last["train"]) if last["train"] else None,
        val=Score(**last["val"]),
        test=test,
        best_epoch=now.best_epoch,
        best_val_accuracy=now.best_accuracy,
        seconds=now.seconds,
        images_per_second=now.train_images / max(1e-9, now.train_seconds),
        stopped_early=stopped_early,
    )
