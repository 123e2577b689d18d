"""The learning rate is too high for training to settle, or too low for the epochs it was given."""

from core.insight.rules.curves import RunCurves, finite, rises, rounded
from core.insight.rules.remedies import WEIGHT_DECAY, longer, usual_rate
from core.insight.rules.spec import Changes, Finding, Remedy, RuleSpec, Statement, first_of
from core.locale import N_

LEAST_EPOCHS = 5  # below, a rise is an incident and no swing
SWING = 0.03  # of the loss of guessing: more than the mean over an epoch's images trembles by itself
UNSETTLED = 1.1  # times the loss before the swing, or more: a run that ends below has settled since
STEEP = 0.25  # of all that the loss fell, in the last third: a straight line has 0.33, a curve that levels off < 0.1
RESTLESS = 0.6  # of all its falls that the loss rose again
LEAST_FALL = 0.02  # of the loss of guessing: a model that is good already gains nothing by less
NO_FALL = 0.005  # of it: so little says nothing of any model
SUSPECT = 10  # times the usual learning rate, or more
THROWN, UNLEARNED = 1.5, 0.1  # of the loss of guessing: above the first it went, and it ended above the second


def oscillation(curves: RunCurves) -> Finding | None:
    """Training loss itself goes up again. Overfitting does not do that: there, only validation loss rises."""
    guessing, first = curves.guessing_loss, curves.third - 1
    if guessing is None or len(curves.epochs) < LEAST_EPOCHS:
        return None
    if curves.mixes_images:
        return None
    if thrown := thrown_up(curves, guessing):
        return thrown
    losses = curves.series("train_loss")[first:]
    swings = [(losses[high] - losses[low], low, high) for high in range(len(losses)) for low in range(high)]
    swing, low, high = max(swings)
    rose = rises(losses)
    fell = losses[0] - losses[-1] + rose
    settled = losses[-1] < UNSETTLED * losses[low] and rose < RESTLESS * fell
    once = high == len(losses) - 1 and high - low == 1  # a rise in the last epoch, which nobody knows what follows
    if swing < (2 if once else 1) * SWING * guessing or settled:
        return None
    text = N_(
        "The loss swings instead of settling: the training loss was down to {low:loss} in epoch {low_epoch}, up at "
        "{high:loss} in epoch {high_epoch}, and ended at {end:loss}."
    )
    if high == len(losses) - 1:
        text = N_(
            "The loss rises instead of settling: the training loss was down to {low:loss} in epoch {low_epoch}, and "
            "ended at {end:loss} in epoch {high_epoch}."
        )
    evidence = Statement(
        text,
        low=losses[low],
        low_epoch=curves.epochs[first + low].epoch,
        high=losses[high],
        high_epoch=curves.epochs[first + high].epoch,
        end=losses[-1],
    )
    return Finding(evidence, first_of((WEIGHT_DECAY, SMALLER_STEPS), curves, LESS))


SMALLER_STEPS = Remedy(
    Statement("The steps are too large: try a learning rate of {after:rate}."),
    lambda curves: {"optimizer.lr": curves.lower_lr},
)
LESS = Statement("The steps are too large: try a smaller learning rate.")


def thrown_up(curves: RunCurves, guessing: float) -> Finding | None:
    """The first steps of a rate far above the usual one made the model worse than guessing, and it has not got over
    it."""
    usual, end = curves.usual_lr, float(curves.last["train_loss"] or 0)
    own = (finite(step["loss"]) for step in curves.steps if step.epoch > curves.begun)
    peak = max((loss for loss in own if loss is not None), default=0.0)
    if not usual or curves.lr < SUSPECT * usual or peak < THROWN * guessing or end < UNLEARNED * guessing:
        return None
    evidence = Statement(
        "The first steps threw the model back: the training loss went up to {peak:loss}, where guessing has "
        "{guessing:loss}, and it ended at {end:loss}.",
        peak=peak,
        guessing=guessing,
        end=end,
    )
    return Finding(evidence, first_of((usual_rate(SUSPECT),), curves, LESS))


def below_usual(curves: RunCurves) -> Changes:
    usual = curves.usual_lr
    return {"optimizer.lr": usual} if usual and curves.lr <= usual / 3 else {}


def bolder(curves: RunCurves) -> Changes:
    """A higher rate for a run that early stopping ended."""
    return {"optimizer.lr": rounded(curves.lr * 3)} if (curves.run.summary or {}).get("stopped_early") else {}


TO_LEARN_ON = (
    WEIGHT_DECAY,
    usual_rate(SUSPECT),
    Remedy(
        Statement("The learning rate of {before:rate} is below this optimizer's usual {after:rate}: take that."),
        below_usual,
    ),
    Remedy(
        Statement("Early stopping ended it before it could learn more: try a learning rate of {after:rate}."), bolder
    ),
    Remedy(Statement("It can learn more: train for {after} epochs, or try a higher learning rate."), longer),
)
HIGHER = Statement("It can learn more: try a higher learning rate.")


def still_falling(curves: RunCurves) -> Finding | None:
    """The end of the run is about as steep as all of it: it stopped in the middle of learning."""
    begun, guessing, third = curves.untrained_loss, curves.guessing_loss, curves.third
    if begun is None or guessing is None or len(curves.epochs) < 2:
        return None
    val, train = ([begun, *curves.series("val_loss")], curves.series("train_loss"))
    end = val[-third - 1 :]
    fell, fell_in_all = end[0] - end[-1], max(val) - end[-1]
    falling = fell > 4 * rises(end) and train[-1] < train[-min(third + 1, len(train))]
    if (
        not falling
        or end[-1] >= begun  # it has learned nothing yet that holds for new images
        or fell < STEEP * fell_in_all
        or begun - end[-1] < NO_FALL * guessing  # it has only undone its own first steps
        or fell < (LEAST_FALL if end[-1] < guessing / 2 else NO_FALL) * guessing
    ):
        return None
    text = N_(
        "The loss was still falling when training ended: in the last {epochs} of {of} epochs from {before:loss} to "
        "{last:loss} on the {part} images, {share:share} of all that it fell."
    )
    if third == 1:
        text = N_(
            "The loss was still falling when training ended: in the last of {of} epochs from {before:loss} to "
            "{last:loss} on the {part} images, {share:share} of all that it fell."
        )
    evidence = Statement(
        text,
        epochs=third,
        of=len(curves.epochs),
        before=end[0],
        last=end[-1],
        part=curves.part,
        share=fell / fell_in_all,
    )
    return Finding(evidence, first_of(TO_LEARN_ON, curves, HIGHER))


SPECS = (
    RuleSpec(
        name="rate_too_high",
        title="Training does not settle",
        about="The training loss swings up and down instead of falling.",
        find=oscillation,
        order=3,
        explains=("rate_too_low", "underfitting", "overfitting", "class_never_predicted", "noisy_epochs"),
    ),
    RuleSpec(
        name="rate_too_low",
        title="Stopped while still learning",
        about="The loss still falls steeply at the end: the learning rate is too low, or the epochs are too few.",
        find=still_falling,
        order=4,
        explains=("underfitting", "class_never_predicted"),
    ),
)
