"""The run whose weights another one starts from: whether it can be, and what it has learnt. A new run takes the file
with it when it is made, and needs nothing of the other one from then on."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, Problem
from core.locale import _
from core.locale.messages import SettingName
from core.models import ModelSettings
from core.models.same_network import difference, weights_of_run
from core.models.spec import WEIGHTS_SETTING
from core.prepared.arrays import Meta, Prepared
from core.run_config import RunConfig
from core.runs.files import RunFiles
from core.runs.store import UNREADABLE, Run, Store

if TYPE_CHECKING:
    from core.training.earlier import Earlier, Start

WHICH, START = "last", "start"  # checkpoints: the state that a run's test accuracy is of; what a new run takes with it
NO_START = "The weights that this run should start from are not there any more. Delete it, and start it again."


def source_run(config: RunConfig, store: Store, files: RunFiles) -> Run | None:
    """The run whose weights these settings start from; None if they start from none. `BadInput` where it was deleted,
    has no checkpoint, or has another model."""
    wanted = config.model.of_run
    if not wanted:
        return None
    run = find(wanted, store)
    if run is None:
        raise BadInput(
            "{setting} names the run {id}, which is not here: it was deleted, or belongs to another computer. Choose "
            "another run, or random weights",
            setting=SettingName(WEIGHTS_SETTING),
            id=wanted,
        )
    if run.code == UNREADABLE:
        raise BadInput(
            "{setting} names the run {name:name}, whose settings another version wrote. Choose another run",
            setting=SettingName(WEIGHTS_SETTING),
            name=run.name,
        )
    if not files.has_checkpoint(run.id, WHICH):
        raise BadInput(
            "{setting} names the run {name:name}, which has no checkpoint yet: one is written after its first epoch. "
            "Wait for it, resume it, or choose another run",
            setting=SettingName(WEIGHTS_SETTING),
            name=run.name,
        )
    if problem := difference(config.model, run.config.model, run.name):
        raise problem
    return run


def find(run_id: str, store: Store) -> Run | None:
    with suppress(BadInput):
        return store.get(run_id)
    return None


def source_file(config: RunConfig, store: Store, files: RunFiles) -> Path | None:
    """The checkpoint that a new run with these settings takes with it; `BadInput` as above."""
    run = source_run(config, store, files)
    return files.checkpoint(run.id, WHICH) if run else None


def fitting_runs(model: ModelSettings, runs: Iterable[Run], files: RunFiles) -> dict[str, Run]:
    """The runs whose weights a model with these settings can start from, by the value of `model.weights` that names
    them. Whether the images come as theirs, `check` tells."""
    fitting = {}
    for run in runs:
        if run.config.model.name != model.name:  # which mostly tells, and at once
            continue
        weights = weights_of_run(run.id, run.config.model)
        same = difference(model.model_copy(update={"weights": weights}), run.config.model, run.name) is None
        if same and run.code != UNREADABLE and files.has_checkpoint(run.id, WHICH):
            fitting[weights] = run
    return fitting


def check(config: RunConfig, prepared: Prepared, store: Store, files: RunFiles) -> "Start | None":
    """What a run with these settings would take over of the run that it starts from; None if it starts from none.
    `BadInput` where nothing fits. Nothing is made."""
    source = earlier(config, store, files)
    if source is None:
        return None
    from core.training.earlier import fitting
    from core.training.model import input_spec_of

    return fitting(config, input_spec_of(config, prepared.meta), prepared.meta.classes, source)


def earlier(config: RunConfig, store: Store, files: RunFiles) -> "Earlier | None":
    """What the run has learnt that these settings start from; None if they start from none."""
    run = source_run(config, store, files)
    return read(run.id, run.name, files.checkpoint(run.id, WHICH)) if run else None


def begun_with(run: Run, store: Store, files: RunFiles) -> "Earlier | None":
    """The same for a run that was made already, from the file that it took with it."""
    if not (wanted := run.config.model.of_run):
        return None
    path = files.checkpoint(run.id, START)
    if not path.exists():
        raise Problem(NO_START)
    source = find(wanted, store)
    return read(wanted, source.name if source else wanted, path)


def read(run_id: str, name: str, path: Path) -> "Earlier":
    """The weights of a checkpoint of this run."""
    from core.training import checkpoint
    from core.training.earlier import Earlier
    from core.training.model import input_spec_of

    values = checkpoint.load(path)
    with checkpoint.reading_checkpoint(path):
        config, meta = RunConfig.from_dict(values["config"]), Meta.model_validate_json(values["meta"])
        progress = values.get("progress")  # weights that were loaded from a file have none
        return Earlier(
            run_id,
            name,
            progress and progress["epoch"] - 1,
            progress and progress["step"],
            config.model,
            input_spec_of(config, meta),
            meta.classes,
            values["model"],
        )


def source_names(runs: Iterable[Run]) -> dict[str, str]:
    """The names of the runs whose weights these began with, by their ids, as the summaries keep them: such a run may be
    deleted since."""
    starts = (run.summary["weights_from"] for run in runs if run.summary and run.summary.get("weights_from"))
    return {start["run"]: start["name"] for start in starts}


def start_text(start: "Mapping[str, Any]") -> str:
    """What a run has begun with, as its summary keeps it."""
    words = _("Began with the weights of {name:name}", name=start["name"])
    if start["epoch"] is not None:
        words = _("{words} after epoch {epoch}", words=words, epoch=start["epoch"])
    if start["steps"]:
        words = _("{words} and {steps:count} more steps", words=words, steps=start["steps"])
    if start["taken"] == start["layers"]:
        return _("{words}: all {layers} layers.", words=words, layers=start["layers"])
    return _(
        "{words}: {taken} of {layers} layers. The last one began anew, for other classes.",
        words=words,
        taken=start["taken"],
        layers=start["layers"],
    )
