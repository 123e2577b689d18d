"""Metrics: named values that say how training goes. One module a metric, each exporting its SPECS.

Only its entry says what a metric is called, how its numbers are written and drawn, and how it is computed: the
training loop, the store, the charts, the tables and the command line take the names and values as they come.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import reason
from core.locale import _, translate
from core.settings.registry import Registry
from core.training.metrics.spec import MetricSpec, Value, finite

METRICS = Registry("metric", __name__, MetricSpec, key=lambda spec: spec.order)

# The metric that decides which epoch is the best, when training stops early, and how runs rank. Higher is better.
DECISIVE = "accuracy"


def spec_of(name: str) -> MetricSpec:
    """The entry of that name. A value whose entry is not installed any more is shown under its plain name."""
    known = METRICS.entries.get(name)
    return known or MetricSpec(name, name.replace("_", " ").capitalize(), help="Its extension is not installed.")


def guarded(name: str, compute: Callable[[], Any]) -> Value:
    """A number of a metric; None for what is no finite number. A metric of an extension that fails is left out and
    named in the log: it is no reason to stop a run."""
    try:
        value = compute()
        return finite(value if isinstance(value, int | float | None) else float(value))
    except Exception as error:
        excuse(name, error)
        return None


def excuse(name: str, error: Exception) -> None:
    """Name, once, a metric of an extension that failed; the error of a built-in one is raised."""
    if METRICS.is_built_in(name):
        raise error
    if name not in _failed:
        _failed.add(name)
        words = _(
            "The metric {name:name} of an extension cannot be computed ({reason}), so it has no numbers.",
            name=name,
            reason=reason(error),
        )
        print(words, file=sys.stderr, flush=True)


_failed: set[str] = set()  # metrics that have been named in this process


def computed(classes: int) -> list[MetricSpec]:
    """What an evaluation of so many classes computes beside loss and accuracy."""
    return [spec for spec in METRICS.entries.values() if spec.start is not None and classes >= spec.min_classes]


def metrics_in_words(values: Mapping[str, Value], part: str = "") -> str:
    """Named values as a person reads them: `validation accuracy 97.31 %, validation macro F1 96.91 %`, with the words
    of a `part` before those that are evaluated. What has no number is left out."""
    words = []
    for name, value in values.items():
        spec = spec_of(name)
        if value is not None:
            title, written = translate(spec.in_sentence), spec.write(value)
            if part and spec.evaluated:
                words.append(_("{part} {metric} {value}", part=part, metric=title, value=written))
            else:
                words.append(_("{metric} {value}", metric=title, value=written))
    return ", ".join(words)


def logarithmic() -> str:
    """The metrics that have a logarithmic axis, in words: `loss, learning rate and update ratio`."""
    *others, last = [translate(spec.in_sentence) for spec in METRICS.entries.values() if spec.axis.log]
    return _(" and ").join([", ".join(others), last]) if others else last
