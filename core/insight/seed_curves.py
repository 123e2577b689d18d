"""Runs that differ in the seed alone as one line: their mean, and a standard deviation to either side."""

import statistics
from collections.abc import Mapping, Sequence

from core.insight.comparison import Axis, Curve, curve
from core.runs.seeds import group_name
from core.runs.store import EpochRow, Run


def mean_curves(runs: Sequence[Run], epochs: Mapping[str, Sequence[EpochRow]], metric: str, x: Axis) -> list[Curve]:
    """What the epochs of these runs have in common, of training and of what was measured after every epoch: at each
    epoch that all of them have, the mean and the sample standard deviation. Along the time, the mean time of that
    epoch."""
    first = runs[0]
    drawn = []
    for part, name in (("train", f"train_{metric}"), (first.config.data.measured_on, f"val_{metric}")):
        lines = []
        for run in runs:
            order, values = curve(epochs[run.id], name, "epoch")
            places, _same = curve(epochs[run.id], name, x)
            lines.append({at: (place, value) for at, place, value in zip(order, places, values, strict=True)})
        shared = sorted(set.intersection(*(set(line) for line in lines)))
        if not shared:
            continue
        at = [statistics.fmean(line[epoch][0] for line in lines) for epoch in shared]
        columns = [[line[epoch][1] for line in lines] for epoch in shared]
        mean = [statistics.fmean(column) for column in columns]
        spread = [statistics.stdev(column) for column in columns]
        low, high = ([m + side * s for m, s in zip(mean, spread, strict=True)] for side in (-1, 1))
        drawn.append(Curve(first.id, group_name(runs), part, at, mean, mean, None, (low, high)))
    return drawn
