"""How runs are processed, as the environment says."""

from core.settings.environment import Environment


def check() -> None:
    """`BadInput` for a value that cannot be used: told when the lab is opened, not by the worker."""
    runs_at_once(), save_every(), keep_bytes(), times_steps()


def runs_at_once() -> int | None:
    """EPOCHLAB_RUNS_AT_ONCE: how many runs train at the same time; None for as many as there are devices."""
    return Environment.read("runs_at_once").runs_at_once


def keep_bytes() -> int:
    """EPOCHLAB_KEEP_MB in bytes: what the kept epochs of one run may take on the disk."""
    return int(Environment.read("keep_mb").keep_mb * 10**6)


def save_every() -> float:
    """EPOCHLAB_SAVE_EVERY: seconds between two checkpoints in the middle of an epoch, which is the most that is
    computed again after a crash."""
    return Environment.read("save_every").save_every


def times_steps() -> bool:
    """EPOCHLAB_TIME_STEPS: whether pages have a few steps timed, unasked, for the forecast of a run."""
    return Environment.read("time_steps").time_steps
