"""Top-5 accuracy, the measure of ImageNet's challenge (Russakovsky et al. 2015, arXiv:1409.0575)."""

from typing import TYPE_CHECKING

from core.training.metrics.predictions import Predictions
from core.training.metrics.spec import SHARES, MetricSpec

if TYPE_CHECKING:
    from torch import Tensor

PLACES = 5


class Top5Accuracy:
    def __init__(self, classes: int) -> None:
        import torch

        self.numbers = torch.arange(classes)
        self.correct: Tensor | int = 0
        self.images = 0

    def add(self, predictions: Predictions) -> None:
        logits, labels = predictions.logits, predictions.labels.unsqueeze(1)
        self.numbers = self.numbers.to(logits.device)
        own = logits.gather(1, labels)
        # Of classes with the same logit the first one counts as likelier, as for the likeliest class. bfloat16 has
        # many such, and a model whose logits are all alike would otherwise have every image in its top 5.
        behind = (logits < own) | ((logits == own) & (self.numbers >= labels))  # (N, C), its own among them
        self.correct = self.correct + (behind.sum(1) > logits.shape[1] - PLACES).sum()
        self.images += len(labels)

    def value(self) -> float | None:
        return int(self.correct) / self.images if self.images else None


SPECS = (
    MetricSpec(
        "top5_accuracy",
        "Top-5 accuracy",
        unit="% of images",
        short="top-5",
        help="Images whose true class is among the five likeliest. Where it is far above the accuracy, the model "
        "mixes up classes that are much alike.",
        direction="higher",
        format="percent",
        axis=SHARES,
        start=Top5Accuracy,
        min_classes=PLACES + 1,
        order=10,
    ),
)
