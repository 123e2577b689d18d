"""The schedule takes the learning rate to next to nothing long before the end."""

from core.insight.rules.curves import RunCurves
from core.insight.rules.spec import Changes, Finding, Remedy, RuleSpec, Statement, first_of

LEAST_EPOCHS = 5  # of fewer, a third is an end as every schedule has it
IDLE_RATE = 0.02  # of the highest rate: cosine and one-cycle are below it in less than a tenth of the epochs
IDLE_EPOCHS = 1 / 3  # of all, at the end, with such a rate
UNLEARNED = 0.1  # of the loss of guessing: training images that are learned so far need no higher rate
STILL = 0.1  # of all that the training loss fell: it fell less while the rate was so low


def slower(curves: RunCurves) -> Changes:
    return {"schedule.name": "cosine"} if curves.config.schedule.name != "cosine" else {}


SLOWER = Remedy(
    Statement("Let the rate fall more slowly: the cosine schedule comes to nothing at the very end only."), slower
)
NONE = Statement("Let the rate fall more slowly, or train without a schedule.")


def starved(curves: RunCurves) -> Finding | None:
    """The last epochs had no rate to learn with, while there was much left to learn."""
    rates, losses, guessing = curves.series("lr"), curves.series("train_loss"), curves.guessing_loss
    if guessing is None or len(rates) < LEAST_EPOCHS or curves.config.schedule.name == "none":
        return None
    low = IDLE_RATE * max(rates)
    idle = next((place for place, rate in enumerate(reversed(rates)) if rate >= low), len(rates))
    begun = len(rates) - idle  # the place of the first epoch of these
    if not begun > 0 or idle < IDLE_EPOCHS * len(rates) or losses[-1] < UNLEARNED * guessing:
        return None
    if losses[begun] - losses[-1] > STILL * (guessing - losses[-1]):
        return None
    evidence = Statement(
        "The schedule took the learning rate from {highest:rate} to {lowest:rate}: in the last {epochs} of {of} epochs "
        "it was too low to learn with, and the training loss went from {before:loss} to {last:loss} only.",
        highest=max(rates),
        lowest=rates[-1],
        epochs=idle,
        of=len(rates),
        before=losses[begun],
        last=losses[-1],
    )
    return Finding(evidence, first_of((SLOWER,), curves, NONE))


SPECS = (
    RuleSpec(
        name="rate_ends_early",
        title="The learning rate ended early",
        about="The schedule brings the rate to next to nothing long before the last epoch.",
        find=starved,
        order=5,
        explains=("underfitting", "noisy_epochs"),
    ),
)
