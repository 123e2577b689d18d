"""What the log of a run says of it, in sentences: how it began, each epoch, how it ended."""

from dataclasses import asdict

from core import formatting
from core.loading.batches import RunData
from core.locale import _, ngettext, translate
from core.runs.naming import data_title, model_title
from core.runs.starting_weights import start_text
from core.runs.store import EpochRow, Run
from core.training import metrics, verdict
from core.training.state import TrainState


def opening(run: Run, data: RunData, state: TrainState, *, begins: bool) -> str:
    """Which model is trained on which data, and how."""
    now, training = state.progress, run.config.training
    how = _("Goes on after step {step:count}", step=now.steps) if now.history else _("Starts")
    if run.origin and begins:
        how = _("Goes on from {name:name} after epoch {epoch}", name=run.origin.name, epoch=run.origin.epoch)
        if not state.optimizer.state:
            how = _("{how}, its optimizer without a memory of earlier steps", how=how)
    words = _(
        "{begins}: {model} with {parameters:count} parameters on {data} ({images:count} training images), {epochs} in "
        "batches of {batch_size}. Device {device}, {threads}, {precision}, seed {seed}.",
        begins=how,
        model=model_title(run.config),
        parameters=sum(parameter.numel() for parameter in state.model.parameters()),
        data=data_title(run.config),
        images=len(data.parts.train),
        epochs=ngettext("{n:count} epoch", "{n:count} epochs", training.epochs),
        batch_size=training.batch_size,
        device=state.device,
        threads=ngettext("{n:count} thread", "{n:count} threads", state.threads),
        precision=state.precision,
        seed=training.seed,
    )
    return f"{words} {start_text(asdict(state.start))}" if state.start and not now.history else words


def epoch_line(row: EpochRow, run: Run) -> str:
    measured = metrics.metrics_in_words({"loss": row["val_loss"], "accuracy": row["val_accuracy"]})
    of_test = run.config.data.measured_on == "test"
    scores = [_("test {scores}", scores=measured) if of_test else _("validation {scores}", scores=measured)]
    if row["train_loss"] is not None:
        learnt = metrics.metrics_in_words({"loss": row["train_loss"], "accuracy": row["train_accuracy"]})
        scores.insert(0, _("training {scores}", scores=learnt))
    return _(
        "{epoch}: {scores}; {time:duration} so far.",
        epoch=_("Epoch {epoch} of {epochs}", epoch=row.epoch, epochs=run.config.training.epochs)
        if row.epoch
        else _("Untrained"),
        scores="; ".join(scores),
        time=row.seconds,
    )


def closing(run: Run) -> str:
    """How it ended, or where it stopped."""
    if run.state == "finished" and run.summary:
        right, total = run.summary["test_correct"], run.summary["test_total"]
        words = _(
            "Finished: test accuracy {accuracy:percent} ({right}).",
            accuracy=run.summary["test_accuracy"],
            right=formatting.of(right, total),
        )
        return " ".join([words, *verdict.Measured.of_summary(run.summary).said])
    if run.state == "failed":
        return _("Failed: {message}", message=run.message)
    state = translate(run.state).capitalize()
    if not run.progress:
        return _("{state}. {message}", state=state, message=run.message).rstrip()
    far = formatting.percent(run.progress, 0)
    return _("{state} at {share} of the way. {message}", state=state, share=far, message=run.message).rstrip()
