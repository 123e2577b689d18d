"""The points of the training curves: sums over steps, and when a point is complete.

A point is the mean over a fixed share of an epoch, about `POINT_IMAGES` images and never a stretch of time: how much a
curve trembles then says something of the run, and nothing of the computer. With means over 0.2 s, a run on a fast
computer looked smoother than the very same on a slow one, and lay beside it in Compare as if it learnt more steadily.
"""

import math
import operator
import time
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from core.errors import Problem
from core.training.events import DIVERGED, StepMetrics, Training
from core.training.metrics import METRICS, guarded
from core.training.metrics.spec import StepSums
from core.training.state import TrainState
from core.training.step_probe import StepProbe

POINT_IMAGES = 1000  # images of a point: an accuracy of 90 % then trembles by one point (its standard deviation)
EPOCH_POINTS = 25  # points that an epoch of a smaller set has all the same, so that a slow model shows how it gets on
LEAST_IMAGES = 32  # images that even these are of: points of single batches of four would be noise alone
STEPS_BETWEEN_PROBES = 16  # a look takes a quarter of a step at most, so 2 % of all
RUN_POINTS = 5000  # points that a run has at most, as far as one an epoch allows: they are stored, sent and drawn


def points_per_epoch(images: int, steps: int, epochs: int) -> int:
    """How many points an epoch of so many images in so many steps gets. It follows from the settings and the data
    alone, so a run that was interrupted goes on with the same points, whatever computer takes it over."""
    wanted = max(EPOCH_POINTS, images // POINT_IMAGES)
    return max(1, min(steps, wanted, images // LEAST_IMAGES, RUN_POINTS // epochs))


class Diverged(Problem):
    """The loss is not a finite number any more."""

    def __init__(self, text: str, **values: Any) -> None:
        super().__init__(text, DIVERGED, **values)


class StepAccumulator:
    """Gathers steps into points, and keeps the sums and clocks of the run. What a step gives stays on the device until
    it is read, for a point or a sign of life: reading it would make a GPU wait.

    The sums of a point that is not complete are in the state: wherever training is interrupted, the point becomes the
    same, to the last bit.
    """

    def __init__(self, state: TrainState, steps_per_epoch: int, points: int | None = None) -> None:
        self.state, self.steps_per_epoch = state, steps_per_epoch
        self.points = points or steps_per_epoch  # of an epoch
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

    @property
    def complete(self) -> bool:
        """Whether a point ends with the last step. Points are spread over the epoch so that no two differ by more than
        one step: a short one at its end would tremble more than the others."""
        step = self.state.progress.step
        return self._points_after(step) > self._points_after(step - 1)

    @property
    def probed_next(self) -> bool:
        """Whether the step that comes now ends a point and is to be looked into: one point in so many that looks are
        about `STEPS_BETWEEN_PROBES` apart."""
        now = self.state.progress
        point = self._points_after(now.step + 1)
        before = (now.epoch - 1) * self.points
        every = -(-STEPS_BETWEEN_PROBES * self.points // self.steps_per_epoch)
        return point > self._points_after(now.step) and (before + point) % every == 0

    def _points_after(self, step: int) -> int:
        """Points of an epoch that are complete after so many of its steps."""
        return step * self.points // self.steps_per_epoch

    @property
    def waited(self) -> float:
        """Seconds since the sums were read last."""
        return time.perf_counter() - self.opened

    def check(self) -> list[float]:
        """The losses of the steps that are not read yet, each finite; else `Diverged`."""
        losses: list[float] = torch.stack(self.losses).tolist()
        now = self.state.progress
        for step, value in enumerate(losses, start=now.steps - len(losses) + 1):
            if not math.isfinite(value):
                raise Diverged(
                    "The loss became {value} at step {step:,} (epoch {epoch}), with a learning rate of {lr:g}. "
                    "Training stopped before that step was taken, and the last good checkpoint is kept. Start again "
                    "with a lower learning rate.",
                    value=value,
                    step=step,
                    epoch=now.epoch,
                    lr=self.lr,
                )
        return losses

    def read(self) -> Training:
        """Add the steps since the last reading to the sums; returns a sign of life. What the consumer does with it
        counts as training time."""
        losses, sizes = self.check(), [len(labels) for labels in self.labels]
        correct = int((torch.cat(self.outputs).argmax(1) == torch.cat(self.labels)).sum().item())
        now, images, clock = self.state.progress, sum(sizes), time.perf_counter()
        point, spent = now.point, clock - self.opened
        loss_sum = point.loss_sum
        for step_sum in map(operator.mul, losses, sizes):  # one by one: to the last bit, no sum depends on the readings
            now.loss_sum += step_sum
            loss_sum += step_sum
        now.correct += correct
        now.images += images
        now.seconds += spent
        now.train_seconds += spent
        now.train_images += images
        now.point = StepSums(loss_sum, point.correct + correct, point.images + images, self.lr, point.seconds + spent)
        self.clear(clock)
        return Training(now.steps, now.epoch - 1 + now.step / self.steps_per_epoch, now.seconds)

    def take(self, probe: StepProbe | None = None) -> StepMetrics:
        """Read, and end the point; `probe` is what its last step showed, where it was looked into."""
        at = self.read()
        sums = replace(self.state.progress.point, **asdict(probe or StepProbe()))
        self.state.progress.point = StepSums()
        values = {
            spec.name: guarded(spec.name, partial(spec.of_steps, sums))
            for spec in METRICS.entries.values()
            if spec.of_steps
        }
        return StepMetrics(at.step, at.epoch, values, at.seconds)
