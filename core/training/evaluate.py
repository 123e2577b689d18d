"""Scoring a model on a split: large batches, no gradients."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from core.loading.batches import Batches
from core.training.device import autocast
from core.training.events import Evaluating, Score
from core.training.metrics import computed, excuse, guarded
from core.training.metrics.predictions import Predictions
from core.training.metrics.spec import Accumulator, Value

# Seconds between two signs of life.
PROGRESS_INTERVAL_S = 0.3


def evaluate(
    model: nn.Module, batches: Batches, device: torch.device, precision: str,
    keep: Callable[[np.ndarray], None] | None = None,
) -> Iterator[Evaluating | Score]:  # fmt: skip
    """Yields `Evaluating` a few times a second, then the `Score`. The loss is cross-entropy (of log-probabilities
    it is NLL). `keep` gets what the model answers, batch by batch: (n, classes) float32."""
    model.eval()
    measures = Measures(batches.classes)
    loss_sum, correct, done = 0.0, 0, 0
    of_class, of_answer = torch.zeros(2, batches.classes, dtype=torch.int64, device=device)
    beat = time.perf_counter()
    for images, labels in batches.epoch():
        with torch.inference_mode():
            with autocast(precision, device):
                logits = model(images)
            predictions = Predictions(logits.float(), labels)
            predicted = predictions.predicted
            loss_sum += F.cross_entropy(predictions.logits, labels, reduction="sum").item()
            correct += int(predictions.correct.sum().item())
            measures.add(predictions)
            of_class += torch.bincount(labels, minlength=batches.classes)
            of_answer += torch.bincount(predicted, minlength=batches.classes)
        if keep is not None:
            keep(predictions.logits.cpu().numpy())
        done += len(labels)
        if time.perf_counter() - beat >= PROGRESS_INTERVAL_S:
            yield Evaluating(done, batches.images)
            beat = time.perf_counter()
    largest, named = int(of_class.max()), int((of_answer > 0).sum())
    yield Score(loss_sum / max(1, done), correct, done, measures.values(), largest, named)


class Measures:
    """Every metric that an evaluation of so many classes has, beside loss and accuracy."""

    def __init__(self, classes: int) -> None:
        self.running: dict[str, Accumulator] = {}
        self.failed: set[str] = set()  # metrics of extensions; they count no further
        for spec in computed(classes):
            assert spec.start
            with self.sound(spec.name):
                self.running[spec.name] = spec.start(classes)

    @contextmanager
    def sound(self, name: str) -> Iterator[None]:
        """A context for a part of a metric's work: an extension's metric that fails is left out."""
        try:
            yield
        except Exception as error:
            excuse(name, error)
            self.failed.add(name)

    def add(self, predictions: Predictions) -> None:
        for name, accumulator in self.running.items():
            if name not in self.failed:
                with self.sound(name):
                    accumulator.add(predictions)

    def values(self) -> dict[str, Value]:
        """By name; None for what has no finite number."""
        found: dict[str, Value] = dict.fromkeys(self.failed)
        sound = {name: one for name, one in self.running.items() if name not in self.failed}
        return found | {name: guarded(name, accumulator.value) for name, accumulator in sound.items()}
