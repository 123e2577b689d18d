"""Some classes fare worse than others, because they are rarer or because the model never names them."""

from core.insight.rules.curves import RunCurves
from core.insight.rules.fit import LARGER, POOR, WIDER
from core.insight.rules.remedies import FAR, longer, usual_rate
from core.insight.rules.spec import Changes, Finding, Remedy, RuleSpec, Statement, first_of
from core.training.verdict import Measured

UNEQUAL = 3  # times as many images in the largest class as in the smallest
LEAST_IMAGES = 5  # images of a class on average: of fewer, one may be missed by chance
UNFAIR = 0.1  # accuracy above balanced accuracy: more than one image of a rare class makes by chance
WEIGHTED = "weighted_cross_entropy"  # the loss in which rare classes count more


def unequal(curves: RunCurves) -> tuple[int, int] | None:
    """Training images of the largest and of the smallest class, where these differ much."""
    counts = curves.class_counts
    return (max(counts), min(counts)) if counts and max(counts) >= UNEQUAL * min(counts) else None


def weighted(curves: RunCurves) -> Changes:
    return {"loss.name": WEIGHTED} if unequal(curves) and curves.config.loss.name != WEIGHTED else {}


def has_fitted_little(curves: RunCurves) -> bool:
    """Of its training images themselves it has fitted few."""
    reached = curves.skill(float(curves.last["train_accuracy"] or 0)) if curves.epochs else None
    return reached is not None and reached < POOR


WEIGHT = Remedy(
    Statement("Let each image of a rare class count more: take weighted cross-entropy, or add images of it."), weighted
)
TOO_SMALL = Remedy(WIDER.text, lambda curves: WIDER.changes(curves) if has_fitted_little(curves) else {})
LONGER = Remedy(Statement("What is seldom answered is often learned last: try {after} epochs."), longer)
MORE_STEPS = Remedy(
    Statement("It has fitted few of its training images yet: try {after} epochs, or a higher learning rate."),
    lambda curves: longer(curves) if has_fitted_little(curves) else {},
)
MORE_OF_THEM = Statement("More images of the rare classes are what is left.")


def named_classes(curves: RunCurves) -> tuple[int, int, int]:
    """How many classes the model named, how many have images, and how many images there are: of the validation part,
    which advice may be taken from, and of the test images where there is none, or where an earlier version counted."""
    summary = curves.run.summary or {}
    told = Measured.of_summary(summary)
    named, split = summary.get("val_classes_named"), "train"  # a validation part has the classes that it is taken of
    if not named or curves.config.data.measured_on == "test":
        named, split = told.named, "test"
    held = [count for count in curves.meta.class_counts.get(split, ()) if count] if curves.meta else []
    total = told.total if split == "test" else curves.last.count("val_total") or 0
    return int(named), min(told.classes, len(held) or told.classes), total


def never_predicted(curves: RunCurves) -> Finding | None:
    if not curves.epochs:
        return None
    named, expected, total = named_classes(curves)
    if not 0 < named < expected or total < LEAST_IMAGES * expected:
        return None
    values = {"named": named, "classes": expected, "total": total, "part": curves.part}
    counts = unequal(curves)
    if counts is None:  # no class is rare: the model tells too little apart
        evidence = Statement(
            "For the {total:count} {part} images the model names only {named} of {classes} classes.", **values
        )
        return Finding(evidence, first_of((usual_rate(FAR), TOO_SMALL, MORE_STEPS, LONGER), curves, LARGER))
    evidence = Statement(
        "For the {total:count} {part} images the model names only {named} of {classes} classes; the largest class "
        "has {most:count} training images, the smallest {least:count}.",
        most=counts[0],
        least=counts[1],
        **values,
    )
    return Finding(evidence, first_of((WEIGHT, usual_rate(FAR), LONGER), curves, MORE_OF_THEM))


def held_out_of_smallest(curves: RunCurves) -> float | None:
    """Validation images of the smallest class, where they are a share of its training images; None otherwise."""
    own = curves.meta is not None and curves.meta.splits.get("val")
    if curves.config.data.measured_on != "val" or own:
        return None
    return min(curves.class_counts) * curves.config.data.validation


def imbalance(curves: RunCurves) -> Finding | None:
    counts = unequal(curves)
    if counts is None or not curves.epochs:
        return None
    if (held := held_out_of_smallest(curves)) is not None and held < LEAST_IMAGES:
        unseen = Statement(
            "The largest class has {most:count} training images, the smallest {least:count}, of which about {held} "
            "are held out: validation cannot show how it fares.",
            most=counts[0],
            least=counts[1],
            held=round(held),
        )
        return Finding(unseen, first_of((WEIGHT,), curves, MORE_OF_THEM))
    balanced, accuracy = curves.last["val_balanced_accuracy"], float(curves.last["val_accuracy"] or 0)
    if balanced is None or accuracy - balanced < UNFAIR:
        return None
    evidence = Statement(
        "Rare classes fare worse: {part} accuracy is {accuracy:percent}, but {balanced:percent} where each class "
        "counts alike; the largest class has {most:count} training images, the smallest {least:count}.",
        part=curves.part,
        accuracy=accuracy,
        balanced=balanced,
        most=counts[0],
        least=counts[1],
    )
    return Finding(evidence, first_of((WEIGHT,), curves, MORE_OF_THEM))


SPECS = (
    RuleSpec(
        name="class_never_predicted",
        title="A class is never predicted",
        about="The model names fewer classes than there are.",
        find=never_predicted,
        order=9,
        explains=("class_imbalance",),
    ),
    RuleSpec(
        name="class_imbalance",
        title="Unequal classes",
        about="Accuracy is carried by the large classes.",
        find=imbalance,
        order=10,
    ),
)
