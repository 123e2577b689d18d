"""What `evaluate` tells beside accuracy and loss: how often the true class is among the likeliest, and whether the
probabilities can be believed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.insight.calibration import Reliability, Temperature, fit_temperature, reliability
from core.insight.image_scores import TOP, image_scores
from core.insight.predictions import Predictions
from core.locale import _
from core.runs.store import Run
from core.training.events import Evaluating


@dataclass(frozen=True)
class Report:
    """None is what cannot be measured."""

    top5: float | None = None  # the share of images whose class is among the five likeliest; of more than five classes
    class_top5: tuple[float | None, ...] = ()  # the same of each class's images
    reliability: Reliability | None = None
    temperature: Temperature | None = None  # fitted to these images; of validation images alone

    def added_to(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """An evaluation as JSON, with these figures in it; what it had stays."""
        classes = values["per_class"]
        of_class = self.class_top5 or (None,) * len(classes)
        sure = self.reliability
        calibration = sure and {
            "error": sure.error,
            "interval": sure.interval,
            "bins": [asdict(one) for one in sure.bins],
            "temperature": self.temperature and asdict(self.temperature),
        }
        per_class = [figures | {"top5": top} for figures, top in zip(classes, of_class, strict=True)]
        return {**values, "per_class": per_class, "top5": self.top5, "calibration": calibration}

    @property
    def words(self) -> str:
        """What the metrics do not say yet."""
        found = []
        if self.reliability:
            low, high = self.reliability.interval
            words = _("95 % interval of the calibration error {low:percent} to {high:percent}", low=low, high=high)
            found.append(words)
        if self.temperature:
            found.append(_("temperature that fits best {value:.2f}", value=self.temperature.value))
        return ", ".join(found)


def report_on(predictions: Predictions, *, validation: bool) -> Report:
    """The figures of kept predictions; a temperature is fitted to `validation` images alone."""
    if not len(predictions):
        return Report()
    scores = image_scores(predictions)
    top5: float | None = None
    of_class: tuple[float | None, ...] = ()
    if predictions.classes > TOP:
        top5 = float(scores.found_among(TOP).mean())
        of_class = tuple(scores.classes_found_among(TOP, predictions.classes))
    fitted = fit_temperature(predictions) if validation else None
    return Report(top5, of_class, reliability(scores.confidence, scores.right), fitted)


def image_report(
    run: Run, asked: str | DataSource, workspace: Workspace, which: str, observe: Callable[[Evaluating], None],
    *, features: bool = False,
) -> Report:  # fmt: skip
    """The figures of a run's answers, which are worked out if that is still to do. Empty where they are not kept and
    the images are gone: an evaluation that an earlier version kept still holds."""
    from core.insight.evaluation import image_predictions  # brings torch

    try:
        found = image_predictions(run, asked, workspace, which, observe, features=features)
    except Problem:
        return Report()
    return report_on(found, validation=asked == "val")
