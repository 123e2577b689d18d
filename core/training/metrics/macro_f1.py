"""Macro F1: precision and recall of every class in one number."""

from core.training.metrics.predictions import ClassCounter
from core.training.metrics.spec import SHARES, MetricSpec


class MacroF1(ClassCounter):
    """The mean F1 of the classes that occur, among the labels or among the answers."""

    def value(self) -> float | None:
        if self.counts is None:
            return None
        correct, answered, true = self.counts.cpu().double()
        occurs = answered + true > 0
        return float((2 * correct[occurs] / (answered + true)[occurs]).mean())


SPECS = (
    MetricSpec(
        "macro_f1",
        "Macro F1",
        unit="%, mean of the classes",
        short="macro F1",
        help="The harmonic mean of precision and recall of each class, averaged over the classes. A class that is "
        "answered too often lowers it as much as one that is missed.",
        direction="higher",
        format="percent",
        axis=SHARES,
        family="Balance of classes",
        start=MacroF1,
        order=12,
    ),
)
