"""What several rules advise: against a learning rate far above what its optimizer usually takes, against a strong
weight decay, and more epochs."""

from core.insight.rules.curves import RunCurves
from core.insight.rules.spec import Changes, Remedy, Statement
from core.training.settings import MAX_EPOCHS

FAR = 30  # times the usual learning rate, or more: a part of the network may be dead
STRONG_DECAY = 0.1  # of the weights in a step, times the rate: from here on it outweighs most gradients


def without_decay(curves: RunCurves) -> Changes:
    return {"optimizer.weight_decay": 0.0} if (curves.setting("optimizer.weight_decay") or 0) >= STRONG_DECAY else {}


WEIGHT_DECAY = Remedy(
    Statement(
        "A weight decay of {before:rate} pulls the weights to 0 faster than most gradients move them: turn it off."
    ),
    without_decay,
)


def longer(curves: RunCurves) -> Changes:
    epochs = curves.config.training.epochs
    return {"training.epochs": min(MAX_EPOCHS, 2 * epochs)} if epochs < MAX_EPOCHS else {}


def usual_rate(times: float) -> Remedy:
    """The optimizer's default, for a run with so many times as much, or more."""

    def changes(curves: RunCurves) -> Changes:
        usual = curves.usual_lr
        return {"optimizer.lr": usual} if usual and curves.lr >= times * usual else {}

    return Remedy(
        Statement(
            "A learning rate of {before:rate} is far above this optimizer's usual {after:rate}, and a step may silence "
            "many neurons at once: take the usual rate."
        ),
        changes,
    )
