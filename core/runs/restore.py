"""The state that a run goes on from: its last checkpoint, where a fork begins, or a new model."""

import torch

from core.errors import Problem
from core.files.checkpoint_names import take_over
from core.files.paths import Workspace
from core.loading.batches import RunData
from core.prepared.arrays import Meta, Prepared
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.starting_weights import begun_with
from core.runs.store import Run
from core.training import checkpoint
from core.training.data import open_data
from core.training.fork import forked_state, schedule_epochs
from core.training.state import TrainState, new_state

NO_START = (
    "What this run should go on from is not there: the state of {name:name} after epoch {epoch}. Delete this run, and "
    "fork that one again."
)


def restore(run: Run, prepared: Prepared, lab: Lab, device: torch.device) -> tuple[RunData, TrainState]:
    """The data, and the state to go on from: the last checkpoint, which becomes this attempt's own; where a fork
    begins; or a new model, perhaps with the weights of another run."""
    folder = lab.workspace.run(run.id)
    if (last := checkpoint.load_last(folder)) is None:
        prepared.require_whole()
        if run.origin:
            return begin_fork(run, prepared, lab.workspace, device)
        data = open_data(run.config, prepared, device)
        return data, new_state(run.config, data, device, earlier=begun_with(run, lab.store, lab.files))
    saved, path = last
    with checkpoint.reading_checkpoint(path):
        fingerprint, stat_digest = saved["fingerprint"], saved.get("stat_digest")
        if RunConfig.from_dict(saved["config"]) != run.config:
            raise ValueError("of a run with other settings")
        began = Meta.model_validate_json(saved["meta"])
    require_same(prepared, fingerprint, measured=stat_digest != prepared.stat_digest())
    data = open_data(run.config, prepared.as_begun(began), device)
    over = schedule_epochs(run.config, run.origin.epoch, run.origin.schedule) if run.origin else None
    state = new_state(run.config, data, device, weights=False, schedule_epochs=over)
    with checkpoint.reading_checkpoint(path):
        state.load_state_dict(saved)
    take_over(folder, path, run.attempt)
    return data, state


def begin_fork(run: Run, prepared: Prepared, workspace: Workspace, device: torch.device) -> tuple[RunData, TrainState]:
    """What the other run had learnt by the end of that epoch, under the settings of this one."""
    assert run.origin
    path = checkpoint.checkpoint_path(workspace.run(run.id), checkpoint.START)
    if not path.exists():
        raise Problem(NO_START, name=run.origin.name, epoch=run.origin.epoch)
    saved = checkpoint.load(path)
    with checkpoint.reading_checkpoint(path):
        before = RunConfig.from_dict(saved["config"])
        fingerprint, stat_digest = saved["fingerprint"], saved.get("stat_digest")
        if saved["progress"]["epoch"] != run.origin.epoch + 1:
            raise ValueError("of another epoch")
        began = Meta.model_validate_json(saved["meta"])
    require_same(prepared, fingerprint, measured=stat_digest != prepared.stat_digest())
    data = open_data(run.config, prepared.as_begun(began), device)
    with checkpoint.reading_checkpoint(path):
        return data, forked_state(saved, before, run.config, data, device, run.origin.schedule)


def require_same(prepared: Prepared, fingerprint: str, *, measured: bool) -> None:
    """`Problem` unless the data set is the one of that fingerprint; `measured`: also by the content of its files, not
    only by their description."""
    if prepared.meta.fingerprint != fingerprint or (measured and prepared.measured_fingerprint() != fingerprint):
        raise Problem(
            "The data set {title:name} has changed since this run began, so it cannot go on as the same run. Bring the "
            "old images back and prepare them again, or start a new run.",
            title=prepared.meta.title,
        )
