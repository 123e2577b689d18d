"""The state in which a fork begins: what another run had learnt by the end of an epoch, under other settings."""

import json
import warnings
from typing import Any

import torch
from torch.optim import Optimizer

from core.loading.batches import RunData
from core.models.shapes import Shapes, shapes_of
from core.training.optimizers import OPTIMIZERS
from core.training.optimizers.spec import lr_of
from core.training.scheduler import Scheduler
from core.training.settings import ForkSchedule, RunSettings
from core.training.state import TrainState, new_state


def keeps_optimizer_state(before: RunSettings, after: RunSettings, shapes: Shapes) -> bool:
    """Whether what the optimizer remembers of its steps, such as a momentum, is of use under the new settings."""
    if before.optimizer.name != after.optimizer.name:
        return False
    size = OPTIMIZERS[after.optimizer.name].state_size
    return size(before.optimizer, shapes) == size(after.optimizer, shapes)


def forked_state(
    saved: dict[str, Any],
    before: RunSettings,
    config: RunSettings,
    data: RunData,
    device: torch.device,
    schedule: ForkSchedule,
) -> TrainState:
    """The state that `config` goes on from: a checkpoint that a run with the settings `before` saved at an epoch's end.

    Weights, what the optimizer remembers, random numbers, threads, precision and the count of epochs are the old run's;
    everything that is set is the new one's. The optimizer begins without a memory where it is another one.
    """
    done = saved["progress"]["epoch"] - 1
    if saved["progress"]["step"] or not 0 < done < config.training.epochs:
        raise ValueError("no checkpoint of the end of an epoch before the last one")
    state = new_state(config, data, device, weights=False, schedule_epochs=schedule_epochs(config, done, schedule))
    if schedule == "rule":
        follow(state.schedule, len(data.train), saved["progress"]["history"])
    begins: dict[str, Any] = {
        "optimizer": optimizer_state(saved["optimizer"], before, config, state, hold=schedule == "hold"),
        "schedule": state.schedule.state_dict(),
        "model": same_weights(saved["model"], state.model.state_dict()),
        "progress": {**saved["progress"], "train_seconds": 0.0, "train_images": 0},  # the speed is this run's own
    }
    if 0 < config.training.patience <= saved["progress"]["stale"]:
        begins["progress"]["stale"] = 0  # who trains on wants more than the end that early stopping would make at once
    names = ("device", "precision")
    if any(getattr(before.training, name) != getattr(config.training, name) for name in names):
        begins |= {"precision": state.precision, "threads": state.threads}
    state.load_state_dict({**saved, **begins})
    return state


def optimizer_state(
    saved: dict[str, Any], before: RunSettings, config: RunSettings, state: TrainState, *, hold: bool
) -> dict[str, Any]:
    """What the new optimizer begins with: its own groups, with the old one's last rates where these `hold`, and the old
    one's memory of each parameter where it is of use."""
    new = {**state.optimizer.state_dict(), "state": {}}
    if before.optimizer.name != config.optimizer.name:
        return new
    # The groups depend on the settings, so a parameter may have another place.
    old = OPTIMIZERS[before.optimizer.name].build(before.optimizer, state.model, state.device)
    if group_sizes(old.state_dict()) != group_sizes(saved):
        return new
    groups, places = parameters(old), {at: place for place, (at, _group) in enumerate(parameters(old))}
    if hold:
        for group, own in zip(new["param_groups"], state.optimizer.param_groups, strict=True):
            was = saved["param_groups"][groups[places[own["params"][0].data_ptr()]][1]]
            same = was.get("lr_scale") == group.get("lr_scale")
            group["lr"] = was["lr"] if same else lr_of(was) * group.get("lr_scale", 1.0)
    if keeps_optimizer_state(before, config, shapes_of(state.model)):
        for place, (at, _group) in enumerate(parameters(state.optimizer)):
            if (kept := saved["state"].get(places[at])) is not None:
                new["state"][place] = kept
    return new


def parameters(optimizer: Optimizer) -> list[tuple[int, int]]:
    """Of each parameter, in the order by which a saved optimizer names them, the place in memory, and its group."""
    return [(p.data_ptr(), number) for number, group in enumerate(optimizer.param_groups) for p in group["params"]]


def schedule_epochs(config: RunSettings, done: int, schedule: ForkSchedule) -> int:
    """The epochs over which the schedule of a fork runs that begins after `done` of them."""
    return config.training.epochs - (done if schedule == "restart" else 0)


def follow(schedule: Scheduler, steps_per_epoch: int, history: list[Any]) -> None:
    """Bring a new schedule to where it would be after the epochs of `history`, each with its validation loss."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")  # there were no steps of this optimizer
        for past in history[1:]:
            for _step in range(steps_per_epoch):
                schedule.after_step()
            schedule.after_epoch((json.loads(past) if isinstance(past, str) else past)["val"]["loss"])


def group_sizes(optimizer: dict[str, Any]) -> list[int]:
    """The parameters in each group of a saved optimizer, which names them by their place."""
    return [len(group["params"]) for group in optimizer["param_groups"]]


def same_weights(saved: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The saved tensors under the names of this model. They come in the same order; a layer of dropout between them
    changes the numbers in the names."""
    if [tensor.shape for tensor in saved.values()] != [tensor.shape for tensor in expected.values()]:
        raise ValueError("the weights of another model")
    return dict(zip(expected, saved.values(), strict=True))
