"""What every entry of the training registries is tried with, unasked."""

from typing import Any

import torch

from core.run_config import REGISTRIES, RunConfig
from core.settings.entries import EntrySpec
from core.settings.fields import bounds, choices
from core.training import fit as module
from core.training.data import open_data
from core.training.events import EpochMetrics
from core.training.fit import fit
from core.training.state import new_state

CPU = torch.device("cpu")
# Two convolutions and two dense layers: first, last and hidden weights, norms, biases, and dropout's random numbers.
SMALL = {
    "data.limit": 300, "model.channels": [6, 8], "model.widths": [12], "model.dropout": 0.2, "training.epochs": 2,
    "training.batch_size": 60, "training.precision": "float32",
}  # fmt: skip


def named(part: str) -> list[str]:
    return list(REGISTRIES[part].entries)


def varied(part: str, entry: EntrySpec) -> dict[str, Any]:
    """Changes that choose an entry and set each of its settings to something else than its default."""
    changes: dict[str, Any] = {f"{part}.name": entry.name}
    for key, info in entry.settings.model_fields.items():
        low, high = bounds(info)
        default = info.default
        if key == "name" or isinstance(default, tuple):
            continue
        if isinstance(default, bool):
            value: Any = not default
        elif choices(info):
            value = choices(info)[-1]
        elif isinstance(default, str):  # a text of its own, such as a list of layers
            continue
        elif isinstance(default, int):
            value = default - 1 if low is None or default - 1 >= low else default + 1
        else:
            value = default / 2 if default and (low is None or default / 2 >= low) else 0.01
        assert high is None or value <= high
        changes[f"{part}.{key}"] = value
    return changes


def small(**changes: Any) -> RunConfig:
    return RunConfig().replace({**SMALL, **changes})


def both(part: str, name: str) -> list[dict[str, Any]]:
    """An entry as it is by default, and with everything set otherwise."""
    return [{f"{part}.name": name}, varied(part, REGISTRIES[part][name])]


def weights(state) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in state.model.state_dict().items()}


def trained(digits, config: RunConfig):
    """The events of a run on the digits, and the state at its end."""
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    return list(fit(config, data, state)), state


def check_it_learns(digits, config: RunConfig) -> None:
    """In 240 steps; with a learning rate such as Lion's, and half of it for the backbone, a hundred are too few."""
    events, state = trained(digits, config.replace({"training.epochs": 16, "training.batch_size": 20}))
    epochs = [event for event in events if isinstance(event, EpochMetrics)]
    assert epochs[-1].val.loss < epochs[0].val.loss
    assert all(tensor.isfinite().all() for tensor in weights(state).values())


def check_it_resumes(digits, config: RunConfig, monkeypatch, tmp_path, after: int = 8) -> None:
    """Stopped after so many events, in the middle of an epoch, saved, loaded and gone on with, it ends with the bits of
    a run that nobody stopped."""
    monkeypatch.setattr(module, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    whole, unbroken = trained(digits, config)
    data = open_data(config, digits, CPU)
    first = new_state(config, data, CPU)
    for count, _event in enumerate(fit(config, data, first), start=1):
        if count == after:
            break
    assert first.progress.step, "not in the middle of an epoch"
    torch.save(first.state_dict(), tmp_path / "last.pt")
    torch.manual_seed(999)  # whatever happened in between
    second = new_state(config, data, CPU, weights=False)
    second.load_state_dict(torch.load(tmp_path / "last.pt", weights_only=True))
    rest = list(fit(config, data, second))
    a, b = weights(unbroken), weights(second)
    assert all(torch.equal(a[name], b[name]) for name in a)
    ends = [
        (event.epoch, event.train, event.val, event.lr)
        for events in (whole, rest)
        for event in events
        if isinstance(event, EpochMetrics) and event.epoch == config.training.epochs
    ]
    assert ends[0] == ends[1]
