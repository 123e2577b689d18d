"""What a run will take on this computer: read from runs like it, or from a few timed steps. Imports no torch."""

import hashlib
import json
import statistics
from collections.abc import Iterable
from typing import Any

from core.locale import _, ngettext
from core.models import ModelSettings
from core.models.spec import IMAGENET, RANDOM
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.pace import Pace

RUNS_READ = 5  # runs like it: their median
# What does not change how long an epoch takes, or hardly as a version with a few edits; of an optimizer, a loss, a
# schedule only which one it is matters.
FREE = {"training": ("epochs", "seed", "patience"), "data": ("shuffle", "normalize", "version")}
BY_NAME = ("optimizer", "loss")


def work_of(config: RunConfig) -> dict[str, Any]:
    """The settings that decide how long an epoch takes: runs that agree in them do the same work."""
    parts: dict[str, Any] = config.to_dict()
    parts.pop("schedule")
    parts["model"] = timed_model(config).model_dump(mode="json")
    for part in BY_NAME:
        parts[part] = parts[part]["name"]
    for part, names in FREE.items():
        parts[part] = {name: value for name, value in parts[part].items() if name not in names}
    return parts


def timed_model(config: RunConfig) -> ModelSettings:
    """The model as far as its time goes: with whose weights it starts does not matter, but images come in another form
    for those that go back to ImageNet's."""
    return config.model.model_copy(update={"weights": IMAGENET if config.model.pretrained else RANDOM})


def key(parts: dict[str, Any]) -> str:
    """A name for some settings, fit for a file."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def same_work(one: RunConfig, other: RunConfig) -> bool:
    """Whether an epoch takes as long with both settings."""
    same_model = timed_model(one) == timed_model(other)  # which mostly tells, and at once
    return same_model and work_of(one) == work_of(other)


def pace_of_runs(config: RunConfig, runs: Iterable[Run], lab: Lab, before: float | None = None) -> Pace | None:
    """From the first finished ones of `runs`, newest first, that did the same work; of those alone that had ended at
    the moment `before` (seconds since 1970). None if there are none."""
    found: list[Pace] = []
    for run in runs:
        ended = run.state == "finished" and (before is None or (run.finished or 0.0) <= before)
        if ended and same_work(run.config, config) and (pace := pace_of(run, lab)):
            found.append(pace)
            if len(found) == RUNS_READ:
                break
    if not found:
        return None
    memory = [pace.memory for pace in found if pace.memory]
    return Pace(
        statistics.median(pace.fixed_s for pace in found),
        statistics.median(pace.epoch_s for pace in found),
        int(statistics.median(memory)) if memory else None,
        len(found),
    )


def pace_of(run: Run, lab: Lab) -> Pace | None:
    """How fast a finished run was, pauses left out; None if it did not train here: weights loaded from a file."""
    rows = lab.store.epochs(run.id)
    worked = (run.summary or {}).get("training_seconds")
    if len(rows) < 2 or not worked:
        return None
    an_epoch = (rows[-1].seconds - rows[0].seconds) / (len(rows) - 1)
    memory = (run.summary or {}).get("memory")
    return Pace(max(0.0, worked - an_epoch * (len(rows) - 1)), an_epoch, memory and int(memory), 1)


def in_words(pace: Pace, epochs: int) -> str:
    """Time and memory of a run, and what they were read from: `About 12 s · 410 MB of memory · from 3 runs`."""
    words = [_("About {time:duration}", time=pace.seconds(epochs))]
    if pace.memory:
        words.append(_("{memory:size} of memory", memory=pace.memory))
    words.append(
        ngettext("from {n:count} run", "from {n:count} runs", pace.runs) if pace.runs else _("from timed steps")
    )
    return " · ".join(words)
