"""Settings against scores: the numbers behind a scatter of runs, and behind parallel axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.insight.comparison import differences, tested
from core.locale import _, translate
from core.runs.setting_words import field_of
from core.runs.store import Run
from core.settings.fields import hints
from core.training.metrics import METRICS, spec_of
from core.training.metrics.spec import ChartAxis

SECONDS = "seconds"  # the time of a run, which is a score beside the metrics


@dataclass(frozen=True)
class SettingColumn:
    """A setting that differs between runs. `values` by run id: all numbers, or all words."""

    name: str  # dotted
    title: str
    values: dict[str, float] | dict[str, str]
    log: bool = False  # on a logarithmic axis; then all values are above 0

    @property
    def numeric(self) -> bool:
        return all(isinstance(value, float) for value in self.values.values())


@dataclass(frozen=True)
class ScoreColumn:
    """A score that finished runs have, by run id."""

    name: str
    title: str
    values: dict[str, float]
    axis: ChartAxis


def setting_columns(runs: Sequence[Run]) -> list[SettingColumn]:
    """The settings that differ between `runs`, in the order of the form."""
    flats = {run.id: run.config.flat() for run in runs}
    columns = []
    for one in differences(runs):
        info = field_of(one.name, [run.config for run in runs])
        raw: dict[str, Any] = {run: flat.get(one.name) for run, flat in flats.items()}
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in raw.values()):
            numbers = {run: float(value) for run, value in raw.items()}
            log = bool(info and hints(info) and hints(info)["log"]) and min(numbers.values()) > 0
            columns.append(SettingColumn(one.name, one.title, numbers, log))
        else:
            columns.append(SettingColumn(one.name, one.title, one.values))
    return columns


def score_columns(runs: Sequence[Run]) -> list[ScoreColumn]:
    """The scores on the test images that any of the runs has, accuracy first, and the time."""
    summaries = {run.id: run.summary for run in runs if run.summary}
    named = [name for name, spec in METRICS.entries.items() if spec.in_score]
    named = sorted(named, key=lambda name: name != "accuracy") + tested(summaries.values())
    found = []
    for name in named:
        spec = spec_of(name)
        title = _("Test {metric}", metric=translate(spec.in_sentence))
        found.append((f"test_{name}", title, spec.axis))
    found.append((SECONDS, _("Time (s)"), ChartAxis("", "%{y:.3~g} s")))
    columns = []
    for key, title, axis in found:
        values = {run: number for run, one in summaries.items() if (number := _finite(one.get(key))) is not None}
        if values:
            columns.append(ScoreColumn(key, title, values, axis))
    return columns


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
