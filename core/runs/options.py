"""How runs are processed, as the environment says."""

from core.settings.environment import Environment


def runs_at_once() -> int | None:
    """EPOCHLAB_RUNS_AT_ONCE: how many runs train at the same time; None for as many as there are devices."""
    return Environment.read("runs_at_once").runs_at_once


def save_every() -> float:
    """EPOCHLAB_SAVE_EVERY: seconds between two checkpoints in the middle of an epoch, which is the most that is
    computed again after a crash."""
    return Environment.read("save_every").save_every
