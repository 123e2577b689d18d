"""Expected calibration error: whether a model is as often right as it is sure (Guo et al. 2017, arXiv:1706.04599)."""

from core.training.metrics.predictions import Predictions
from core.training.metrics.spec import SHARES, MetricSpec

BINS = 15  # of equal width, as in the paper
UNIT = 2**32


class CalibrationError:
    """Images are sorted by the probability of their likeliest class into `BINS` bins (lower, upper]. A bin's error is
    the distance between its mean probability and its accuracy; the metric is their mean over the images."""

    def __init__(self, classes: int) -> None:
        import torch

        self.bucketize, self.edges = torch.bucketize, torch.linspace(0, 1, BINS + 1)[1:-1]
        # For each bin the number of correct images minus the sum of the probabilities, in units of 1 / UNIT: a sum of
        # whole numbers does not depend on its order, which differs each time on a GPU.
        self.gaps = torch.zeros(BINS, dtype=torch.int64)
        self.images = 0

    def add(self, predictions: Predictions) -> None:
        confidence = predictions.confidence
        self.edges, self.gaps = self.edges.to(confidence.device), self.gaps.to(confidence.device)
        gaps = (predictions.correct.float() - confidence).nan_to_num(1.0)
        self.gaps.scatter_add_(0, self.bucketize(confidence, self.edges), (gaps * UNIT).long())
        self.images += len(confidence)

    def value(self) -> float | None:
        return int(self.gaps.abs().sum()) / UNIT / self.images if self.images else None


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
