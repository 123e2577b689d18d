"""Balanced accuracy: every class counts the same (Brodersen et al. 2010, doi:10.1109/ICPR.2010.764)."""

from core.training.metrics.predictions import ClassCounter
from core.training.metrics.spec import SHARES, MetricSpec


class BalancedAccuracy(ClassCounter):
    """The mean recall of the classes that occur."""

    def value(self) -> float | None:
        if self.counts is None:
            return None
        correct, _, true = self.counts.cpu().double()
        occurs = true > 0
        return float((correct[occurs] / true[occurs]).mean())


SPECS = (
    MetricSpec(
        "balanced_accuracy",
        "Balanced accuracy",
        unit="%, mean of the classes",
        short="bal. acc.",
        help="The share found of each class, averaged over the classes that occur. Below the accuracy, it says that "
        "small classes are found less often than large ones.",
        direction="higher",
        format="percent",
        axis=SHARES,
        family="Balance of classes",
        start=BalancedAccuracy,
        order=11,
    ),
)
