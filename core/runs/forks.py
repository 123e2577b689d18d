"""Forks: new runs that go on from the end of an epoch of another one. Which epochs there are, what a fork may change,
what it is called. Imports no torch."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import BadInput, Problem
from core.locale import _, translate
from core.locale.messages import SettingName
from core.program import COMMAND
from core.run_config import RunConfig
from core.runs.files import RunFiles
from core.runs.naming import CHANGE, changed_name
from core.runs.store import UNREADABLE, EpochRow, Run
from core.training.metrics import DECISIVE
from core.training.settings import ForkSchedule

EPOCHS, LR, SCHEDULE = "training.epochs", "optimizer.lr", "schedule.name"
MIN_LR = 1e-8  # below this rate, which is the least that can be set, nothing is learnt
# A fork has the weights, the data and the order of another run; what decides how a step is taken is free.
FREE_PARTS = ("optimizer", "schedule", "loss", "augment", "training")
FREE = ("data.shuffle", "model.dropout")
FIXED = ("training.seed",)  # it decides which images are held out, too
NOT_FREE = (
    "{setting} cannot be changed in the middle of a run: a fork goes on with the same model, the same images and the "
    "same seed. Start a new run to change it."
)
NO_EPOCH = (
    "The state of {name:name} after epoch {epoch} was not kept, or was left out when the run was packed. It can be "
    "forked after: {epochs}"
)
NO_EPOCHS = (
    "{name:name} cannot be forked: the state after none of its epochs was kept. Of a long run every few epochs are "
    "kept, the best one once it trains no more, the last one once it has finished; EPOCHLAB_KEEP_MB says how much of "
    "the disk a run may take for that, and a pack may leave them out."
)
NO_RATE = (
    "The schedule of {name:name} has brought the learning rate to {lr:rate}; with that rate nothing more is learnt. Go "
    "on by the same rule, or restart the schedule."
)


def fork_points(run: Run, rows: Sequence[EpochRow], files: RunFiles) -> dict[int, Path]:
    """The epochs after which the run can be forked, in their order, with their checkpoints. Of a run that trains no
    more the best one is among them, and of a finished one the last; another one may have ended within an epoch.
    `rows`: the run's epochs."""
    if run.code == UNREADABLE:
        return {}
    found = files.kept_epochs(run.id)
    ends = {} if run.active else {"best": best_epoch(rows)}
    if run.state == "finished":
        ends["last"] = int((run.summary or {}).get("epochs") or 0)
    for which, epoch in ends.items():
        if epoch and epoch not in found and files.has_checkpoint(run.id, which):
            found[epoch] = files.checkpoint(run.id, which)
    return dict(sorted(found.items()))


def best_epoch(rows: Iterable[EpochRow]) -> int:
    """The first of those that measured best, the untrained model left out; 0 where none was measured."""
    values = {row.epoch: row[f"val_{DECISIVE}"] or 0.0 for row in rows if row.epoch >= 1}
    return max(values, key=values.__getitem__, default=0)


def fork_point(run: Run, epoch: int, rows: Sequence[EpochRow], files: RunFiles) -> Path:
    """The checkpoint of that epoch; `BadInput` naming those that there are."""
    points = fork_points(run, rows, files)
    if not points:
        raise Problem(NO_EPOCHS, name=run.name)
    if epoch not in points:
        raise BadInput(NO_EPOCH, name=run.name, epoch=epoch, epochs=", ".join(map(str, points)))
    return points[epoch]


def best_point(run: Run, epoch: int, rows: Sequence[EpochRow], files: RunFiles) -> Path | None:
    """The checkpoint of the best of the epochs up to this one, if it is at hand."""
    return fork_points(run, rows, files).get(best_epoch(row for row in rows if row.epoch <= epoch))


def forked_config(
    run: Run, epoch: int, changes: Mapping[str, Any], schedule: ForkSchedule, rows: Sequence[EpochRow]
) -> RunConfig:
    """The settings of a fork; `BadInput` for a change that is none within a run, or that leaves nothing to train."""
    changes = dict(changes)
    if schedule == "hold":
        if given := [name for name in changes if name == LR or name.startswith("schedule.")]:
            raise BadInput(
                "The last learning rate cannot be held and {setting} be set as well; choose one of the two.",
                setting=SettingName(given[0]),
            )
        lr = next((row["lr"] for row in rows if row.epoch == epoch), None)
        if lr is None or lr < MIN_LR:
            raise BadInput(NO_RATE, name=run.name, lr=lr or 0.0)
        changes |= {SCHEDULE: "none", LR: lr}
    config = run.config.replace(changes)
    before, after = run.config.flat(), config.flat()
    for name in dict.fromkeys([*before, *after]):
        free = (name.partition(".")[0] in FREE_PARTS and name not in FIXED) or name in FREE
        if not free and before.get(name) != after.get(name):
            raise BadInput(NOT_FREE, setting=SettingName(name))
    if config.training.epochs <= epoch:
        raise BadInput(
            "{setting} is {epochs}, all epochs counted from the first; a fork after epoch {epoch} takes more than that",
            setting=SettingName(EPOCHS),
            epochs=config.training.epochs,
            epoch=epoch,
        )
    return config


def last_epoch(run: Run) -> int:
    """The epoch that a finished run ended with; `Problem` for a run that cannot be trained longer."""
    if run.resumable:
        raise Problem(
            "{name:name} is {state}, so its own epochs are not over: go on with {command} resume {id}",
            name=run.name,
            state=translate(run.state),
            command=COMMAND,
            id=run.id,
        )
    if run.state != "finished":
        raise Problem("{name:name} is {state}. Let it finish first.", name=run.name, state=translate(run.state))
    if not run.summary or not run.summary.get("epochs"):
        raise Problem(
            "{name:name} has not been trained here: its weights were loaded from a file, which does not hold what the "
            "optimizer needs to go on.",
            name=run.name,
        )
    return int(run.summary["epochs"])


def check_longer(run: Run, epochs: int) -> int:
    """The epoch that a run goes on from which shall have `epochs` in all."""
    done = last_epoch(run)
    if epochs <= done:
        raise BadInput(
            "{name:name} has trained for {done} epochs, and {epochs} is meant as the number of all of them: give a "
            "larger one.",
            name=run.name,
            done=done,
            epochs=epochs,
        )
    return done


def longer_name(run: Run, epochs: int) -> str:
    return _("{name}, to {epochs} epochs", name=run.name, epochs=epochs)


def fork_name(run: Run, epoch: int, config: RunConfig) -> str:
    """What a fork with these settings is called: `first, forked at epoch 2 · Learning rate 0.01`."""
    title = _("{name}, forked at epoch {epoch}", name=run.name.partition(CHANGE)[0], epoch=epoch)
    return changed_name(config, run.config, title)
