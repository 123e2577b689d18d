"""The words that settings, entries and metrics bring along, in the reader's language."""

from typing import Any

from pydantic.fields import FieldInfo

from core.insight.comparison import Axis
from core.locale import _, translate
from core.settings.fields import hints
from core.training.metrics.spec import MetricSpec


def title(info: FieldInfo) -> str:
    """What the form calls a setting."""
    return translate(str(info.title))


def hint(info: FieldInfo) -> str:
    """What a setting does, and the effects of a value that is too high or too low."""
    extra = hints(info)
    words = translate(str(info.description))
    if extra["empty"]:
        words = _("{description} Empty: {meaning}.", description=words, meaning=translate(extra["empty"]))
    paragraphs = [words]
    if extra["too_high"]:
        paragraphs.append(_("**Too high:** {effect}", effect=translate(extra["too_high"])))
    if extra["too_low"]:
        paragraphs.append(_("**Too low:** {effect}", effect=translate(extra["too_low"])))
    return "\n\n".join(paragraphs)


def empty_text(info: FieldInfo) -> str:
    """What a box says while it is empty."""
    empty = hints(info)["empty"]
    return translate(empty) or _("none")


def option_title(info: FieldInfo, option: Any) -> str:
    """A choice of a setting."""
    return translate(hints(info)["labels"].get(option, str(option)))


def metric_name(spec: MetricSpec) -> str:
    """A metric within a sentence."""
    return translate(spec.in_sentence)


def metric_on(split: str, spec: MetricSpec) -> str:
    """A metric and the images that it was measured on (train, val or test), as the heading of a column."""
    if split == "train":
        return _("Training {metric}", metric=metric_name(spec))
    if split == "val":
        return _("Validation {metric}", metric=metric_name(spec))
    return _("Test {metric}", metric=metric_name(spec))


def best_on(split: str, spec: MetricSpec) -> str:
    """The best value of a metric on the images of val or test."""
    if split == "val":
        return _("Best validation {metric}", metric=metric_name(spec))
    return _("Best test {metric}", metric=metric_name(spec))


def last_on(split: str, spec: MetricSpec) -> str:
    """The last value of a metric on the images of train, val or test."""
    if split == "train":
        return _("Last training {metric}", metric=metric_name(spec))
    if split == "val":
        return _("Last validation {metric}", metric=metric_name(spec))
    return _("Last test {metric}", metric=metric_name(spec))


def images_title(split: str) -> str:
    """The images of a part that a run is measured on after every epoch."""
    return _("Validation images") if split == "val" else _("Test images")


AXES: dict[str, Axis] = {"Epochs": "epoch", "Steps": "step", "Time": "seconds"}  # as links call them


def axis_title(axis: str) -> str:
    """The title of the horizontal axis of a chart of curves."""
    titles = {"Epochs": _("Epochs"), "Steps": _("Steps"), "Time": _("Time")}
    return titles.get(axis, axis)
