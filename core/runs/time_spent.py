"""How long a run took, in words."""

from core import formatting
from core.locale import _
from core.runs.store import Run

NOTICED = 1.0  # seconds: more than these, and a tenth, beside the training are told


def time_spent(run: Run) -> str:
    """The time of its training and measuring, pauses left out; behind it, what it took in all where that is told."""
    trained = formatting.duration(run.seconds or None)
    return " ".join([trained, *(f"({words})" for words in preparation(run))])


def preparation(run: Run) -> list[str]:
    """What it took in all, where that is much longer than its training: it reads its images, and computes what frozen
    layers make of them."""
    whole = (run.summary or {}).get("seconds")
    if not run.seconds or not whole or whole <= 1.1 * run.seconds + NOTICED:
        return []
    return [_("{whole:duration} with preparation", whole=whole)]
