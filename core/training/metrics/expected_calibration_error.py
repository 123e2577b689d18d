"""Expected calibration error: whether a model is as often right as it is sure (Guo et al. 2017, arXiv:1706.04599)."""

from core.training.metrics.predictions import Predictions
from core.training.metrics.spec import SHARES, MetricSpec

BINS = 15  # of equal width, as in the paper


class CalibrationError:
    """Images are sorted by the probability of their likeliest class into `BINS` bins (lower, upper]. A bin's error is
    the distance between its mean probability and its accuracy; the metric is their mean over the images."""

    def __init__(self, classes: int) -> None:
        import torch

        self.bucketize = torch.bucketize
        self.edges, self.numbers = torch.linspace(0, 1, BINS + 1)[1:-1], torch.arange(BINS).unsqueeze(1)
        self.gaps = torch.zeros(BINS, dtype=torch.float64)  # of each bin: images correct less probabilities
        self.images = 0

    def add(self, predictions: Predictions) -> None:
        confidence = predictions.probabilities.amax(1)
        self.edges, self.numbers = self.edges.to(confidence.device), self.numbers.to(confidence.device)
        inside = self.bucketize(confidence, self.edges) == self.numbers  # (BINS, N)
        # Sums that do not depend on the order of threads, and wide: but not every device has float64.
        gaps = (inside * (predictions.correct.float() - confidence)).sum(1)
        self.gaps += gaps.cpu().double()
        self.images += len(confidence)

    def value(self) -> float | None:
        return float(self.gaps.abs().sum()) / self.images if self.images else None


SPECS = (
    MetricSpec(
        "expected_calibration_error",
        "Expected calibration error",
        unit="%",
        short="ECE",
        help="How far the probability of an answer is, on average, from how often such answers are correct. It often "
        "rises late in training, when the accuracy does not any more: the model becomes too sure.",
        direction="lower",
        format="percent",
        axis=SHARES,
        family="Calibration",
        start=CalibrationError,
        order=13,
    ),
)
