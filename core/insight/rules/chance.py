"""The model answers hardly better than guessing."""

from core.insight.rules.classes import WEIGHT
from core.insight.rules.curves import RunCurves
from core.insight.rules.remedies import WEIGHT_DECAY, usual_rate
from core.insight.rules.spec import Changes, Finding, Remedy, RuleSpec, Statement, first_of
from core.models.spec import RANDOM
from core.training.verdict import Measured, names_one

LEARNED = 0.9  # of the loss of a model that knows how often each class occurs, and nothing else
SUSPECT = 3  # times the usual learning rate, or more: of a network that learned nothing it is the first suspect
HARDLY = 30  # times below the usual learning rate: the weights stay about where they were
STRONG_DROPOUT = 0.8
DEEP = 4  # layers through which a sigmoid or a tanh lets hardly any gradient


def far_too_low(curves: RunCurves) -> Changes:
    usual = curves.usual_lr
    return {"optimizer.lr": usual} if usual and curves.lr * HARDLY <= usual else {}


def in_file_order(curves: RunCurves) -> Changes:
    return {} if curves.config.data.shuffle else {"data.shuffle": True}


def class_by_class(curves: RunCurves) -> Changes:
    """In file order, and right on fewer of the training images than guessing would be: each class was unlearned before
    it came again."""
    below = curves.measured_interval(curves.last, "train")[1] < (curves.baseline or 0)
    return in_file_order(curves) if below else {}


def silenced(curves: RunCurves) -> Changes:
    return {"model.dropout": 0.25} if (curves.setting("model.dropout") or 0) >= STRONG_DROPOUT else {}


def saturated(curves: RunCurves) -> Changes:
    layers = len(curves.setting("model.widths") or ()) + len(curves.setting("model.channels") or ())
    deep = layers >= DEEP and curves.setting("model.activation") in ("sigmoid", "tanh")
    return {"model.activation": "relu"} if deep else {}


def random_features(curves: RunCurves) -> Changes:
    frozen = curves.setting("model.trains") not in (None, "all") and curves.config.model.weights == RANDOM
    return {"model.trains": "all"} if frozen else {}


def other_scale(curves: RunCurves) -> Changes:
    usual = curves.config.data.normalize == "dataset" or curves.config.model.pretrained
    return {} if usual else {"data.normalize": "dataset"}


UNLEARNED = Statement(
    "The images came in the order of their files, which may be class by class, so that each step unlearns the one "
    "before: turn Shuffle on."
)
SHUFFLE = Remedy(UNLEARNED, in_file_order)
REMEDIES = (
    Remedy(
        Statement("Only the last layer learned, over features of random weights: let all layers learn."),
        random_features,
    ),
    Remedy(UNLEARNED, class_by_class),
    usual_rate(SUSPECT),
    Remedy(
        Statement(
            "A learning rate of {before:rate} is far below this optimizer's usual {after:rate}, and the weights hardly "
            "moved: take the usual rate."
        ),
        far_too_low,
    ),
    WEIGHT_DECAY,
    Remedy(Statement("Dropout silenced {before:share} of the neurons in each step: take {after:share}."), silenced),
    WEIGHT,
    SHUFFLE,
    Remedy(
        Statement("Hardly any gradient reaches the first layers through so many with this activation: take ReLU."),
        saturated,
    ),
    Remedy(
        Statement(
            "The pixels were not brought to mean 0 and spread 1, from which most networks learn fastest: do that."
        ),
        other_scale,
    ),
)
NOTHING_STANDS_OUT = Statement(
    "No setting stands out as the cause: look on the Data page whether the labels fit their images, and let the "
    "learning-rate finder choose the rate."
)


def find(curves: RunCurves) -> Finding | None:
    baseline, prior = curves.baseline, curves.prior_loss
    if baseline is None or prior is None or not curves.epochs:
        return None
    last = curves.last
    if float(last["val_loss"] or 0) < LEARNED * prior:  # it names the largest class alone, and begins to doubt it
        return None
    train = float(last["train_accuracy"] or 0)
    on_train, on_val = curves.is_guessing(train), curves.is_guessing(curves.measured_interval(last)[0])
    seen = {"epochs": last.epoch, "train": train, "val": last["val_accuracy"], "baseline": baseline}
    if on_val and on_train:
        evidence = Statement(
            "The model answers hardly better than guessing: after epoch {epochs} it is right on {train:percent} of the "
            "training images and {val:percent} of the {part} images, where always naming the largest class gives "
            "{baseline:percent}.",
            part=curves.part,
            **seen,
        )
        told = Measured.of_summary(curves.run.summary or {})
        if names_one(told.named, told.classes, told.total - told.largest):
            evidence = Statement(
                "The model names one class alone, whatever it is shown: after epoch {epochs} it is right on "
                "{train:percent} of the training images and {val:percent} of the {part} images, where always naming "
                "the largest class gives {baseline:percent}.",
                part=curves.part,
                **seen,
            )
        return Finding(evidence, first_of(REMEDIES, curves, NOTHING_STANDS_OUT))
    if on_val and not curves.config.data.shuffle:
        evidence = Statement(
            "The model is right on {train:percent} of the training images as they pass, but on new images no better "
            "than guessing: {val:percent} of the {part} images, where always naming the largest class gives "
            "{baseline:percent}.",
            part=curves.part,
            **seen,
        )
        return Finding(evidence, first_of((SHUFFLE,), curves, NOTHING_STANDS_OUT))
    return None


SPECS = (
    RuleSpec(
        name="stuck_at_chance",
        title="Stuck at chance",
        about="Neither training nor validation got beyond naming the largest class.",
        find=find,
        order=2,
        explains=(
            "rate_too_high", "rate_too_low", "overfitting", "underfitting", "class_never_predicted", "class_imbalance",
            "noisy_epochs", "validation_above_training",
        ),
    ),
)  # fmt: skip
