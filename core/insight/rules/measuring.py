"""What the numbers themselves are worth: too few images, too much noise, or images that helped to choose."""

import math
from itertools import pairwise
from statistics import fmean

from core.insight.rules.curves import RunCurves, rounded
from core.insight.rules.fit import POOR
from core.insight.rules.remedies import longer
from core.insight.rules.spec import Advice, Changes, Finding, Remedy, RuleSpec, Statement, first_of
from core.loading.augmentations import in_use
from core.loading.settings import DataConfig
from core.training.schedules.constant import ConstantSettings

LEAST_EPOCHS = 6  # that show how much an accuracy jumps
JUMP = 0.025  # accuracy, from one epoch to the next
FEW = 100  # images, below which an accuracy of 90 % is uncertain by more than 6 points either way
MOST_HELD_OUT = 0.3  # of the training images: more leaves too little to learn from
SHARE_STEP = 0.05
ABOVE = 0.05  # accuracy on new images above that on training images, from which on one may wonder


def noisy(curves: RunCurves) -> Finding | None:
    """Accuracy jumps by more than so many images explain, and gains no more than a jump."""
    accuracies = curves.series("val_accuracy")
    if len(accuracies) < LEAST_EPOCHS or (curves.last.count("val_total") or 0) < FEW:
        return None
    end = accuracies[-(len(accuracies) // 2) - 1 :]
    jumps = [abs(now - before) for before, now in pairwise(end)]
    jump, gain = fmean(jumps), end[-1] - end[0]
    if fmean(jumps[-max(2, len(jumps) // 2) :]) < JUMP:
        return None  # it has settled
    mean, images = fmean(end), curves.last.count("val_total") or 1
    if jump < max(JUMP, math.sqrt(mean * (1 - mean) / images)) or gain > jump:
        return None
    evidence = Statement(
        "In the last {epochs} epochs {part} accuracy jumped by {jump:.1f} points on average from one to the next, and "
        "went from {before:percent} to {last:percent}: the noise is as large as the gain.",
        epochs=len(end) - 1,
        part=curves.part,
        jump=100 * jump,
        before=end[0],
        last=end[-1],
    )
    if curves.config.schedule.name == ConstantSettings().name:
        words = Statement("Let the learning rate fall to 0 towards the end, with the cosine schedule.")
        return Finding(evidence, Advice(words, {"schedule.name": "cosine"}))
    after = rounded(curves.lr / 3)
    return Finding(
        evidence, Advice(Statement("Try a learning rate of {after:rate}.", after=after), {"optimizer.lr": after})
    )


def chosen_on_test(curves: RunCurves) -> Finding | None:
    """Something was chosen by the test score: when to stop, or which epoch is the best."""
    if curves.config.data.measured_on != "test" or len(curves.epochs) < 2:
        return None
    words = Statement("That judges too kindly whatever is chosen by it: hold out validation images.")
    advice = Advice(words, {"data.validation": DataConfig().validation})
    best = max(curves.epochs, key=lambda row: row["val_accuracy"] or 0)
    values = {
        "best": best.epoch,
        "best_accuracy": best["val_accuracy"],
        "epochs": curves.last.epoch,
        "last_accuracy": curves.last["val_accuracy"],
    }
    if curves.config.training.patience:
        evidence = Statement(
            "Early stopping watched the test set: epoch {best} of {epochs} had the best test accuracy, "
            "{best_accuracy:percent}.",
            **values,
        )
        return Finding(evidence, advice)
    if best.epoch == curves.last.epoch:
        return None  # the last weights are the best ones: nothing was chosen
    evidence = Statement(
        "The best epoch, {best} with {best_accuracy:percent}, was found by the test set itself; the last one has "
        "{last_accuracy:percent}.",
        **values,
    )
    return Finding(evidence, advice)


def larger_share(curves: RunCurves) -> Changes:
    """A validation share that holds out `FEW` images, as far as that is possible and helps; a set with validation and
    test images of its own holds out none."""
    share, total = curves.config.data.validation, curves.last.count("val_total") or 1
    own = curves.meta is not None and curves.meta.splits.get("val") and curves.meta.splits.get("test")
    wanted = math.ceil(share * FEW / total / SHARE_STEP) * SHARE_STEP
    after = round(min(MOST_HELD_OUT, wanted), 2)
    return {"data.validation": after} if share and not own and after >= 1.5 * share else {}


def few_images(curves: RunCurves) -> Finding | None:
    if not curves.epochs or (total := curves.last.count("val_total") or 0) >= FEW:
        return None
    low, high = curves.measured_interval(curves.last)
    evidence = Statement(
        "Few {part} images ({total}) tell little: with {correct} of them right, the accuracy on more of their kind may "
        "be anything from {low:percent} to {high:percent} (95 % interval).",
        total=total,
        part=curves.part,
        correct=curves.last.count("val_correct"),
        low=low,
        high=high,
    )
    changes = larger_share(curves)
    if changes:
        words = Statement("Hold out {share:share} of the training images.", share=changes["data.validation"])
        return Finding(evidence, Advice(words, changes))
    return Finding(evidence, Advice(Statement("More images are needed to tell two models apart.")))


def still_learns(curves: RunCurves) -> bool:
    """It has fitted few of its augmented images, and their loss still falls."""
    skill = curves.skill(float(curves.last["train_accuracy"] or 0))
    return curves.still_falls and not curves.mixes_images and skill is not None and skill < POOR


LONGER = Remedy(
    Statement("Augmentation makes its images hard, and it still learns: train for {after} epochs, or augment less."),
    longer,
)
LESS = Statement("Augmentation makes its images hard, and it still learns: augment less.")


def above_training(curves: RunCurves) -> Finding | None:
    """Dropout and augmentation make training images harder than the measured ones."""
    if not curves.epochs:
        return None
    last = curves.last
    train, val = float(last["train_accuracy"] or 0), float(last["val_accuracy"] or 0)
    if val - train < ABOVE or curves.measured_interval(last)[0] <= train:
        return None
    dropout, augmented = curves.setting("model.dropout") or 0, bool(in_use(curves.config.augment))
    if not dropout and not augmented:
        return None
    evidence = Statement(
        "The model does better on the {part} images, {val:percent}, than on the training images, {train:percent}.",
        part=curves.part,
        val=val,
        train=train,
    )
    if augmented and still_learns(curves):
        return Finding(evidence, first_of((LONGER,), curves, LESS))
    if not augmented:
        words = Statement("That is no fault: it trains under dropout, and is measured without.")
    elif not dropout:
        words = Statement("That is no fault: it trains on augmented images, and is measured on images as they are.")
    else:
        words = Statement(
            "That is no fault: it trains under dropout on augmented images, and is measured without both."
        )
    return Finding(evidence, Advice(words))


SPECS = (
    RuleSpec(
        name="noisy_epochs",
        title="Noise as large as the gain",
        about="Accuracy jumps from epoch to epoch by as much as it gains.",
        find=noisy,
        order=8,
    ),
    RuleSpec(
        name="chosen_on_test",
        title="The test set was used to choose",
        about="No validation images are held out, and something was chosen by the test score.",
        find=chosen_on_test,
        order=11,
    ),
    RuleSpec(
        name="few_validation_images",
        title="Too few images to tell",
        about="The accuracy after each epoch is of so few images that it tells little.",
        find=few_images,
        order=12,
    ),
    RuleSpec(
        name="validation_above_training",
        title="Validation above training",
        about="Training is measured under dropout or augmentation, validation is not.",
        find=above_training,
        order=13,
    ),
)
