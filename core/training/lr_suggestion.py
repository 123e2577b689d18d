"""What a learning-rate range test says: from its points to a rate to train with. Imports no torch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.locale import _

LOWEST_LR, HIGHEST_LR = 1e-6, 10.0  # rates of the first and the last step
DIVERGED = 3.0  # times the lowest average; from there on only larger rates follow, and larger losses
WARM_UP_STEPS = 10  # at the start, whose average is still that of too few losses: 1 / (1 - SMOOTHING)
BACK_OFF = 10.0  # the suggested rate is so many times below that of the lowest loss, or more: that is near the edge
SLOPE_STEPS = 3  # to either side of a step, between which the fall of the average is measured there


@dataclass(frozen=True)
class RangePoint:
    """One step: the rate that it was taken with, the mean loss of its batch before it (nats), and the average of the
    losses up to here, recent ones counting most."""

    step: int  # from 1
    lr: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class Suggestion:
    """A rate to train with, and what it was read from. Rates of 1, 2, 3, 5 or 7 in a power of ten: a test of a few
    steps says no more."""

    lr: float
    steepest_at: float  # rate at which the average loss fell fastest, by the logarithm of the rate
    lowest_at: float  # rate at which it was lowest
    rises_from: float | None  # rate from which it was far above; None: it never was


def suggest(points: Sequence[RangePoint]) -> Suggestion | None:
    """The lower of two usual readings: the rate at which the average loss falls fastest (Smith 2017, arXiv:1506.01186),
    and a tenth of that with the lowest one. Where a loss comes to nothing, as that of a single layer over good features
    does, the lowest lies far beyond the rates that are of use. None where the loss never fell, and where it was lowest
    at the largest rate: no rate can be read then."""
    settled = [point for point in points if point.step >= WARM_UP_STEPS]
    if not settled:
        return None
    best = min(settled, key=lambda point: point.smoothed)
    if best is settled[0] or best.lr >= 0.99 * HIGHEST_LR:  # it only rose, or no rate was too high
        return None
    rises = next((p.lr for p in settled if p.lr > best.lr and p.smoothed > DIVERGED / 2 * best.smoothed), None)
    steepest = steepest_at(settled, settled.index(best))
    return Suggestion(rounded(min(best.lr / BACK_OFF, steepest)), steepest, best.lr, rises)


def steepest_at(points: Sequence[RangePoint], end: int) -> float:
    """The rate at which the average fell fastest before the point at the place `end`, where it was lowest."""
    places = range(SLOPE_STEPS, max(min(end + 1, len(points) - SLOPE_STEPS), SLOPE_STEPS + 1))
    reach = [(points[max(at - SLOPE_STEPS, 0)], points[min(at + SLOPE_STEPS, len(points) - 1)]) for at in places]
    falls = [after.smoothed - before.smoothed for before, after in reach]
    return points[min(places[falls.index(min(falls))], len(points) - 1)].lr


def rounded(lr: float) -> float:
    """The nearest of 1, 2, 3, 5 and 7 in a power of ten, by ratio."""
    power = math.floor(math.log10(lr))
    stops = [float(f"{digit}e{power}") for digit in (1, 2, 3, 5, 7)] + [float(f"1e{power + 1}")]
    return min(stops, key=lambda stop: abs(math.log(stop / lr)))


def in_words(found: Suggestion | None, now: float) -> str:
    """What the test says, in sentences with their reason; `now` is the rate of the settings."""
    if found is None:
        return _(
            "No rate is suggested: the loss fell at none of them, or went on falling up to the largest. Too few images "
            "do that, or a model that cannot learn."
        )
    return _(
        "Suggested: a learning rate of {lr:rate}. The mean loss fell fastest at {steepest:rate} and was lowest at "
        "{lowest:rate}; the first, or a tenth of the second where that is less, leaves room before the loss rises. "
        "It is a first try: a whole run may want less. These settings have {now:rate}.",
        lr=found.lr,
        steepest=found.steepest_at,
        lowest=found.lowest_at,
        now=now,
    )
