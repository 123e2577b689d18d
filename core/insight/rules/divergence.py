"""The loss grew instead of falling."""

from core.insight.rules.curves import RunCurves, finite
from core.insight.rules.spec import Advice, Finding, RuleSpec, Statement
from core.training.events import DIVERGED

HUGE = 20  # times the loss of guessing: no model that learns comes near it


def advice(curves: RunCurves) -> Advice:
    after = curves.lower_lr
    words = Statement("The steps were too large: try a learning rate of {after:rate}.", after=after)
    return Advice(words, {"optimizer.lr": after})


def find(curves: RunCurves) -> Finding | None:
    if curves.run.code == DIVERGED:
        values = (curves.run.outcome or {}).get("values", {})
        at = {"epoch": int(values.get("epoch") or 0), "lr": float(values.get("lr") or curves.lr)}
        evidence = Statement(
            "In epoch {epoch}, at a learning rate of {lr:rate}, the loss became no finite number.",
            **at,
        )
        return Finding(evidence, advice(curves))
    guessing = curves.guessing_loss
    if guessing is None or not curves.epochs:
        return None
    seen = [(row.epoch, float(row["train_loss"] or 0)) for row in curves.epochs]
    seen += [(int(row.epoch) + 1, value) for row in curves.steps if (value := finite(row["loss"])) is not None]
    epoch, peak = max(seen, key=lambda one: one[1])
    end = float(curves.last["train_loss"] or 0)
    if peak < HUGE * guessing or end < guessing:  # it recovered from a bad start
        return None
    evidence = Statement(
        "The loss rose to {peak:loss} in epoch {epoch} and ended at {end:loss}, no better than the {guessing:loss} of "
        "guessing.",
        peak=peak,
        epoch=epoch,
        end=end,
        guessing=guessing,
    )
    return Finding(evidence, advice(curves))


SPECS = (
    RuleSpec(
        name="diverged",
        title="Diverged",
        about="The loss became huge or no number at all.",
        find=find,
        order=1,
        explains=(
            "stuck_at_chance", "rate_too_high", "rate_too_low", "overfitting", "underfitting", "class_never_predicted",
            "class_imbalance", "noisy_epochs", "validation_above_training",
        ),
    ),
)  # fmt: skip
