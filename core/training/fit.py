"""The training loop. It knows nothing of files, databases or pages: it yields what happened, and between two
events the model does not change, so the caller may save, stop or go on."""

import json
import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import asdict

import numpy as np
import torch

from core.loading.batches import Batches, RunData
from core.locale import N_
from core.training.device import autocast
from core.training.evaluate import evaluate
from core.training.events import EpochMetrics, Evaluating, Event, Finished, Score
from core.training.losses import LOSSES, Loss
from core.training.non_finite_guard import NonFiniteGuard
from core.training.settings import RunSettings
from core.training.state import TrainState
from core.training.step_points import Diverged as Diverged  # callers import it from here
from core.training.step_points import StepAccumulator, points_per_epoch
from core.training.step_probe import Probe

# Seconds of training after which the consumer may save or stop, where no point of the curves is complete.
EVENT_INTERVAL_S = 0.2

# By the part that is measured after every epoch.
NOT_FINITE = {
    "val": N_(
        "The loss on the validation images is {loss} after epoch {epoch}, with a learning rate of {lr:g}. Training "
        "stopped, and the last good checkpoint is kept. Start again with a lower learning rate."
    ),
    "test": N_(
        "The loss on the test images is {loss} after epoch {epoch}, with a learning rate of {lr:g}. Training stopped, "
        "and the last good checkpoint is kept. Start again with a lower learning rate."
    ),
}


def fit(config: RunSettings, data: RunData, state: TrainState) -> Iterator[Event]:
    """Train until `training.epochs` are done, from the position of `state`.

    Measures the untrained model first (epoch 0), the part `data.measured_on` after every epoch, and the test part at
    the end. Raises `Diverged` before a step that would follow a loss that is not finite.
    """
    now, loss_function = state.progress, build_loss(config, data, state.device)
    if now.epoch == 0:
        val = yield from score_val(state, data)
        now.epoch = 1
        yield end_epoch(config, state, 0, None, val)
    stopped_early = should_stop_early(config, state)
    while now.epoch <= config.training.epochs and not stopped_early:
        yield from train_epoch(config, loss_function, data, state)
        train = Score(now.loss_sum / now.images, now.correct, now.images)
        val = yield from score_val(state, data)
        state.schedule.after_epoch(val.loss)
        now.epoch, now.step = now.epoch + 1, 0
        now.loss_sum, now.correct, now.images = 0.0, 0, 0
        reported = time.perf_counter()
        yield end_epoch(config, state, now.epoch - 1, train, val)
        spent = time.perf_counter() - reported  # a checkpoint, most likely: it belongs to training
        now.seconds += spent
        now.train_seconds += spent
        stopped_early = should_stop_early(config, state)
    # Where the test set was measured after every epoch, its last score is known.
    test = (yield from score(state, data.test)) if data.parts.held_out else Score(**json.loads(now.history[-1])["val"])
    yield finish(state, test, stopped_early and now.epoch <= config.training.epochs)


def train_epoch(config: RunSettings, loss_function: Loss, data: RunData, state: TrainState) -> Iterator[Event]:
    """The steps of one epoch that are still to do."""
    now, network, optimizer = state.progress, state.network, state.optimizer
    network.train()
    points = points_per_epoch(data.train.images, len(data.train), config.training.epochs)
    report, guard = StepAccumulator(state, len(data.train), points), NonFiniteGuard(optimizer, state.device)
    for images, targets in data.train.epoch(now.epoch, now.step, state.randomness):
        probe = Probe(network) if report.probed_next else None
        with probe.watching() if probe else nullcontext(), autocast(state.precision, state.device):
            output = network(images)
        loss = loss_function(output.float(), targets)
        report.add(loss.detach(), output.detach(), targets)
        if guard.stops(loss):
            report.check()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if probe:
            probe.before()
        optimizer.step()
        state.schedule.after_step()
        seen = probe.after() if probe else None
        complete = report.complete
        if complete or report.waited >= EVENT_INTERVAL_S:
            yield report.take(seen) if complete else report.read()
            network.train()  # the consumer may have used the model


def build_loss(config: RunSettings, data: RunData, device: torch.device) -> Loss:
    """The loss that training minimises, for the classes as they occur in the training part."""
    labels = np.asarray(data.prepared.labels)[data.parts.train]
    counts = np.bincount(labels, minlength=len(data.prepared.meta.classes)).tolist()
    return LOSSES[config.loss.name].build(config.loss, counts, device)


def score_val(state: TrainState, data: RunData) -> Generator[Evaluating, None, Score]:
    """The same for the part that is measured after every epoch; `state.answers` are then what was answered."""
    answers: list[np.ndarray] = []
    found = yield from score(state, data.val, lambda logits: answers.append(logits.argmax(1)))
    state.answers = np.concatenate(answers) if answers else np.zeros(0, np.int64)
    return found


def score(
    state: TrainState, batches: Batches, keep: Callable[[np.ndarray], None] | None = None
) -> Generator[Evaluating, None, Score]:
    """Evaluate, passing on signs of life; returns the score (to `yield from`). `keep` gets the scores of a batch."""
    started = time.perf_counter()
    for event in evaluate(state.network, batches, state.device, state.precision, keep):
        if isinstance(event, Score):
            state.progress.seconds += time.perf_counter() - started
            return event
        yield event
    raise AssertionError("an evaluation ends with a score")


def end_epoch(config: RunSettings, state: TrainState, epoch: int, train: Score | None, val: Score) -> EpochMetrics:
    """Take note of an epoch's scores: the best so far, and the history. `Diverged` if they are no numbers."""
    now = state.progress
    if not math.isfinite(val.loss):
        raise Diverged(NOT_FINITE[config.data.measured_on], loss=val.loss, epoch=epoch, lr=state.schedule.lr)
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
