"""Scoring a model on a split: large batches, no gradients."""

import time
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.data.batches import Batches
from core.training.device import autocast
from core.training.events import Evaluating, Score

# Seconds between two signs of life.
BEAT = 0.3


def evaluate(
    model: nn.Module, batches: Batches, device: torch.device, precision: str, confusion: Tensor | None = None
) -> Iterator[Evaluating | Score]:
    """Yields `Evaluating` a few times a second, then the `Score`. The loss is cross-entropy (of log-probabilities
    it is NLL). `confusion`, (C, C) int64, is counted up in place: rows are true classes, columns predicted."""
    model.eval()
    loss_sum, correct, done = 0.0, 0, 0
    beat = time.perf_counter()
    for images, labels in batches.epoch():
        with torch.inference_mode():
            with autocast(precision, device):
                logits = model(images)
            logits = logits.float()
            predicted = logits.argmax(1)
            loss_sum += F.cross_entropy(logits, labels, reduction="sum").item()
            correct += int((predicted == labels).sum().item())
            if confusion is not None:
                classes = len(confusion)
                pairs = torch.bincount(labels * classes + predicted, minlength=classes**2)
                confusion += pairs.view(classes, classes).to(confusion.device)
        done += len(labels)
        if time.perf_counter() - beat >= BEAT:
            yield Evaluating(done, batches.images)
            beat = time.perf_counter()
    yield Score(loss_sum / max(1, done), correct, done)
