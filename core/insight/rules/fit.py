"""The model fits its training images too closely, or not closely enough."""

from statistics import fmean

from core.insight.rules.curves import RunCurves
from core.insight.rules.remedies import FAR, usual_rate
from core.insight.rules.spec import Advice, Changes, Finding, Remedy, RuleSpec, Statement, first_of
from core.loading.augmentations import in_use

GAP = 0.05  # accuracy on training images above that on new ones, where the loss on these rises
WIDE_GAP = 0.08  # the same, where it does not
TURNED = 0.1  # of the lowest validation loss: so much it rose since
LEAST_RISE = 0.02  # of the loss of guessing, below which a rise changes no answer
LEAST_AFTER = 2  # epochs after the lowest point: one may be chance
FITTED = 0.95  # training accuracy from which on a gap alone is overfitting
LEVEL = 0.05  # of the way from guessing to all right, in a third of the run: it has levelled off
MOST_LEFT = 0.15  # of all that the training loss fell, in the last third of a run that has levelled off
POOR = 0.75  # of that way; a model that got less far has not fitted its training images
LEAST_EPOCHS = 5  # that show whether a curve has levelled off


def all_images(curves: RunCurves) -> Changes:
    return {"data.limit": None} if curves.config.data.limit else {}


def augmented(curves: RunCurves) -> Changes:
    """A few random changes that suit the images, as the recipes have them."""
    if in_use(curves.config.augment):
        return {}
    return {"augment.shift": 0.07} | ({"augment.flip": True} if curves.meta and curves.meta.flips else {})


def with_dropout(curves: RunCurves) -> Changes:
    return {"model.dropout": 0.3} if curves.setting("model.dropout") == 0 else {}


def with_decay(curves: RunCurves) -> Changes:
    """Decoupled decay is scaled by the learning rate alone, and takes more."""
    usual = 0.01 if curves.config.optimizer.name in ("adamw", "lion") else 5e-4
    return {"optimizer.weight_decay": usual} if curves.setting("optimizer.weight_decay") == 0 else {}


AGAINST_OVERFITTING = (
    Remedy(Statement("It learned from {before:count} images only: take all training images."), all_images),
    Remedy(
        Statement("Give it more to learn from: more images, or augmentation such as a shift of up to {after:share}."),
        augmented,
    ),
    Remedy(Statement("Try dropout of {after:share}, so that it relies on no single neuron."), with_dropout),
    Remedy(Statement("Try a weight decay of {after:rate}, which keeps the weights small."), with_decay),
)
NOTHING_HOLDS = Statement(
    "Nothing of what it remembers holds for new images, which guessing answers as well: look on the Data page whether "
    "the labels fit their images."
)
MORE_IMAGES = Statement("What the settings offer against it is in use already: more images are what is left.")


def overfitting(curves: RunCurves) -> Finding | None:
    if not curves.epochs or curves.guessing_loss is None:
        return None
    last = curves.last
    train, val = float(last["train_accuracy"] or 0), float(last["val_accuracy"] or 0)
    low, high = curves.measured_interval(last)
    if train - val < GAP or high >= train:  # the measured images may be too few to show a gap
        return None
    losses = curves.series("val_loss")
    lowest = min(losses)
    at = losses.index(lowest)
    after = losses[at + 1 :]
    least = max(TURNED * lowest, LEAST_RISE * curves.guessing_loss)
    learned_on = float(last["train_loss"] or 0) < float(curves.epochs[at]["train_loss"] or 0)
    if len(after) >= LEAST_AFTER and learned_on and after[-1] - lowest >= least and after[-2] - lowest >= least / 2:
        turn = curves.epochs[at].epoch
        evidence = Statement(
            "After epoch {turn} the {part} loss rose from {lowest:loss} to {end:loss}, while training accuracy reached "
            "{train:percent} and {part} accuracy {val:percent}.",
            turn=turn,
            part=curves.part,
            lowest=lowest,
            end=after[-1],
            train=train,
            val=val,
        )
        if curves.is_guessing(val):
            return Finding(evidence, Advice(NOTHING_HOLDS))
        stop = Remedy(
            Statement("Stop at epoch {after}, or add more images."), lambda _curves: {"training.epochs": turn}
        )
        return Finding(evidence, first_of((*AGAINST_OVERFITTING, stop), curves, MORE_IMAGES))
    if train < FITTED or train - val < WIDE_GAP:
        return None
    evidence = Statement(
        "The model remembers what it learned from: {train:percent} of the training images are right, but {val:percent} "
        "of the {part} images (95 % interval {low:percent} to {high:percent}).",
        train=train,
        val=val,
        part=curves.part,
        low=low,
        high=high,
    )
    if curves.is_guessing(val):
        return Finding(evidence, Advice(NOTHING_HOLDS))
    return Finding(evidence, first_of(AGAINST_OVERFITTING, curves, MORE_IMAGES))


def without_decay(curves: RunCurves) -> Changes:
    return {"optimizer.weight_decay": 0.0} if (curves.setting("optimizer.weight_decay") or 0) >= 0.01 else {}


def less_dropout(curves: RunCurves) -> Changes:
    dropout = curves.setting("model.dropout") or 0
    return {"model.dropout": round(dropout / 2, 2)} if dropout >= 0.5 else {}


def wider(curves: RunCurves) -> Changes:
    """Four times the neurons or feature maps of each layer, within what a layer may have."""
    most = {"model.widths": 8192, "model.channels": 2048}
    return {
        name: [min(limit, 4 * width) for width in widths]
        for name, limit in most.items()
        if (widths := curves.setting(name)) and max(widths) < limit
    }


WIDER = Remedy(Statement("The images do not tell more, or the model is too small: try four times the width."), wider)
AGAINST_UNDERFITTING = (
    usual_rate(FAR),
    Remedy(Statement("A weight decay of {before:rate} keeps the weights small: turn it off."), without_decay),
    Remedy(Statement("Dropout silences {before:share} of the neurons in each step: take {after:share}."), less_dropout),
    WIDER,
)
LARGER = Statement("The images do not tell more, or the model is too small: try a larger one.")


def underfitting(curves: RunCurves) -> Finding | None:
    if len(curves.epochs) < LEAST_EPOCHS:
        return None
    reached = [curves.skill(accuracy) for accuracy in curves.series("train_accuracy")]
    skills, third = [skill for skill in reached if skill is not None], curves.third
    last = curves.last
    if len(skills) < len(reached) or skills[-1] >= POOR:
        return None
    losses = curves.series("train_loss")
    fell, fell_in_all = losses[-third - 1] - losses[-1], max(losses) - losses[-1]
    still_falls = curves.still_falls or fell > MOST_LEFT * fell_in_all
    if still_falls or fmean(skills[-third:]) - fmean(skills[-2 * third : -third]) >= LEVEL:
        return None
    train, val = float(last["train_accuracy"] or 0), float(last["val_accuracy"] or 0)
    if train > curves.measured_interval(last)[1] or (curves.skill(val) or 0) >= POOR:
        return None
    evidence = Statement(
        "Training levelled off at {train:percent} of the training images, and {part} accuracy is about the same, "
        "{val:percent}.",
        train=train,
        part=curves.part,
        val=val,
    )
    return Finding(evidence, first_of(AGAINST_UNDERFITTING, curves, LARGER))


SPECS = (
    RuleSpec(
        name="overfitting",
        title="Overfitting",
        about="The model remembers its training images: on new ones, accuracy falls behind or the loss rises again.",
        find=overfitting,
        order=6,
    ),
    RuleSpec(
        name="underfitting",
        title="Underfitting",
        about="Training and validation both level off early: the model does not even fit what it has seen.",
        find=underfitting,
        order=7,
        explains=("class_never_predicted",),
    ),
)
