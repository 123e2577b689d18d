"""How fast a run trains on this machine: a fixed time, and a time for each epoch."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING

from core.training.settings import RunSettings

if TYPE_CHECKING:
    import torch

    from core.loading.batches import Batches, RunData
    from core.training.earlier import Earlier
    from core.training.state import TrainState

TRAINING_S = 1.5  # seconds of timed steps
EVALUATION_S = 1.0  # seconds of a timed evaluation


@dataclass(frozen=True)
class Pace:
    """Seconds that a run takes beside its epochs, and for each of them; the memory it uses at most (bytes), where that
    is known; and from how many runs this was read, 0 for a few timed steps."""

    fixed_s: float
    epoch_s: float
    memory: int | None = None
    runs: int = 0

    def seconds(self, epochs: int) -> float:
        return self.fixed_s + epochs * self.epoch_s


def measure(config: RunSettings, data: "RunData", device: "torch.device", earlier: "Earlier | None" = None) -> Pace:
    """Time a few steps and a part of an evaluation of a new model, which is then thrown away: about three seconds, or
    one step where that takes longer. `earlier`: the run whose weights it starts from. `Diverged` if the loss of these
    steps is no number."""
    from core.training.state import new_state

    state = new_state(config, data, device, earlier=earlier)
    data, features_s = features_time(data, state)
    an_image = evaluation_time(state, data.val)
    a_step = step_time(config, state, data, TRAINING_S)
    fixed = an_image * (data.val.images + (data.test.images if data.parts.held_out else 0))
    return Pace(features_s + fixed, a_step * len(data.train) + an_image * data.val.images, peak_of_run(state, device))


def peak_of_run(state: "TrainState", device: "torch.device") -> int | None:
    """Bytes of memory that a run takes at most: what its steps took, and on a processor a checkpoint beside it, which
    is written to memory first."""
    from core.training.memory import bytes_of, peak

    steps = peak(device)
    return steps and (steps + bytes_of(state) if device.type == "cpu" else steps)


def features_time(data: "RunData", state: "TrainState") -> "tuple[RunData, float]":
    """The data that a run with a frozen backbone learns from, and the seconds that it takes to make them: from a part
    of them where they are not kept yet. Other runs learn from their images."""
    from core.training.events import Evaluating
    from core.training.kept_features import blank_features, keep_features

    began, marks = time.perf_counter(), []
    for images in keep_features(data, state):
        if not isinstance(images, Evaluating):
            return images, time.perf_counter() - began
        marks.append((time.perf_counter(), images.done))
        if len(marks) > 1 and marks[-1][0] - began >= EVALUATION_S:
            spent, done = (last - first for first, last in zip(marks[0], marks[-1], strict=True))
            return blank_features(data, state), spent / done * images.total  # without the first images, which are slow
    raise AssertionError("the data come last")


def evaluation_time(state: "TrainState", batches: "Batches") -> float:
    """Seconds an image."""
    from core.training.evaluate import evaluate
    from core.training.events import Evaluating

    began, done = time.perf_counter(), 0
    for event in evaluate(state.network, batches, state.device, state.precision):
        done = event.done if isinstance(event, Evaluating) else batches.images
        if time.perf_counter() - began >= EVALUATION_S:
            break
    return (time.perf_counter() - began) / max(1, done)


def step_time(config: RunSettings, state: "TrainState", data: "RunData", timed_s: float = TRAINING_S) -> float:
    """Seconds a step, over about `timed_s` seconds. The first steps, in which memory is found and kernels are chosen,
    count only if there are no others."""
    began, marks = time.perf_counter(), [(time.perf_counter(), 0)]
    for steps in steps_taken(config, state, data):
        marks.append((time.perf_counter(), steps))
        if marks[-1][0] - began >= timed_s and len(marks) > 2:
            break
    counted = marks[1:] if len(marks) > 2 else marks
    return sum(after[0] - before[0] for before, after in pairwise(counted)) / (counted[-1][1] - counted[0][1])


def steps_taken(config: RunSettings, state: "TrainState", data: "RunData") -> Iterator[int]:
    """Train for ever, at the first rate; yields how many steps were taken, a few times a second."""
    from core.training.fit import build_loss, train_epoch

    loss = build_loss(config, data, state.device)
    state.schedule.moves = "never"  # a small data set takes more steps here than its schedule has
    for epoch in count(1):
        state.progress.epoch, state.progress.step = epoch, 0
        before = state.progress.steps
        for _event in train_epoch(config, loss, data, state):
            yield state.progress.steps
        if state.progress.steps == before:
            return
