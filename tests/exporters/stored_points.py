"""What the store has of a run, as a reader of a tracker should find it; without the code that is tested."""

import math

from core.runs.lab import Lab
from core.runs.store import Run

EVALUATED = ("loss", "accuracy", "top5_accuracy", "balanced_accuracy", "macro_f1", "expected_calibration_error")
Points = dict[str, list[tuple[int, float]]]  # tag → (step, value) in the order of the steps


def stored_points(lab: Lab, run: Run, since: int = 0) -> Points:
    """All of them from the step `since` on."""
    found: Points = {}

    def put(tag: str, step: int, value: float | None) -> None:
        if value is not None and step >= since:
            found.setdefault(tag, []).append((step, value))

    epochs, steps = lab.store.epochs(run.id), lab.store.steps(run.id)
    put("lr", 0, epochs[0]["lr"])
    for step in steps:
        for name, value in step.metrics.items():
            put(f"{name}/train" if name in EVALUATED else name, step.step, value)
    for epoch in epochs:
        for name in EVALUATED:
            put(f"{name}/train_epoch", epoch.step, epoch[f"train_{name}"])
            put(f"{name}/{run.config.data.measured_on}", epoch.step, epoch[f"val_{name}"])
    if run.summary and run.config.data.measured_on == "val":
        for name in EVALUATED:
            put(f"{name}/test", epochs[-1].step, run.summary.get(f"test_{name}"))
    return found


def same(one: Points, other: Points) -> bool:
    """Whether both have the same points; NaN is NaN. What differs is printed."""
    keys = [{tag: list(map(key, points)) for tag, points in each.items()} for each in (one, other)]
    for tag in sorted(keys[0].keys() | keys[1].keys()):
        if (pair := [each.get(tag) for each in keys])[0] != pair[1]:
            print(tag, *pair, sep="\n")
    return keys[0] == keys[1]


def key(point: tuple[int, float]) -> tuple[int, float | str]:
    return point[0], "nan" if math.isnan(point[1]) else point[1]
