"""How runs are worked off, as the environment says."""

import os

from core.errors import BadInput


def runs_at_once() -> int | None:
    """EPOCHLAB_RUNS_AT_ONCE: how many runs train at the same time; None for as many as there are devices."""
    return None if (value := number("EPOCHLAB_RUNS_AT_ONCE", 1)) is None else int(value)


def save_every() -> float:
    """EPOCHLAB_SAVE_EVERY: seconds between two checkpoints in the middle of an epoch, which is the most that is
    computed again after a crash."""
    value = number("EPOCHLAB_SAVE_EVERY", 0)
    return 60.0 if value is None else value


def number(name: str, least: float) -> float | None:
    """The number in a variable of the environment; None if it is not set. `BadInput` if it is none."""
    words = os.environ.get(name, "").strip()
    if not words:
        return None
    try:
        value = float(words)
    except ValueError:
        value = float("nan")
    if not least <= value < 1e6:
        raise BadInput(
            "{name} is {words!r}, which is no number from {least:g} up: set it to one, or leave it out.",
            name=name,
            words=words,
            least=least,
        )
    return value
