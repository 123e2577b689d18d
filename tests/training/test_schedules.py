"""Every schedule of the registry, unasked: it moves the rate, resumes, and is told in plain PyTorch."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from core.run_config import RunConfig
from core.training.events import EpochMetrics
from core.training.scheduler import Scheduler
from core.training.schedules import SCHEDULES
from tests.training.contract import both, check_it_learns, check_it_resumes, named, small, trained

EACH = [pytest.param(changes, id=f"{name}-{kind}") for name in named("schedule")
        for kind, changes in zip(("default", "varied"), both("schedule", name), strict=True)]  # fmt: skip


def two_groups() -> torch.optim.Optimizer:
    """An optimizer with rates of 1 and 0.1."""
    return torch.optim.SGD([{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (1.0, 0.1)])


def rates(settings: Any, epochs: int, steps: int, losses: list[float] | None = None) -> list[float]:
    """The rate before each step, and after the last."""
    optimizer = two_groups()
    schedule = Scheduler(settings, optimizer, epochs, steps)
    found = []
    for epoch in range(epochs):
        for _ in range(steps):
            found.append(schedule.lr)
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch(losses[epoch] if losses else 1.0)
    return [*found, schedule.lr]


def settings_of(name: str, **changes: Any) -> Any:
    return RunConfig().replace({"schedule.name": name, **{f"schedule.{k}": v for k, v in changes.items()}}).schedule


@pytest.mark.parametrize("changes", EACH)
def test_it_learns(digits, changes: dict[str, Any]) -> None:
    check_it_learns(digits, small(**changes))


@pytest.mark.parametrize("changes", EACH)
@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_it_resumes_in_the_middle_of_an_epoch_with_the_same_bits(
    digits, changes, optimizer, monkeypatch, tmp_path
) -> None:
    check_it_resumes(digits, small(**changes, **{"optimizer.name": optimizer}), monkeypatch, tmp_path)


@pytest.mark.parametrize("epochs,steps", [(1, 1), (1, 2), (3, 7), (40, 3)])
@pytest.mark.parametrize("changes", EACH)
@pytest.mark.filterwarnings("error")
def test_its_rates_are_between_nothing_and_the_peak_however_short_the_run(changes, epochs: int, steps: int) -> None:
    found = rates(RunConfig().replace(changes).schedule, epochs, steps)
    assert all(0 <= rate <= 1 + 1e-9 for rate in found) and found[0] > 0


@pytest.mark.parametrize("epochs,steps", [(1, 1), (5, 4)])
@pytest.mark.parametrize("changes", EACH)
def test_its_source_moves_the_rates_alike(changes: dict[str, Any], epochs: int, steps: int) -> None:
    settings = RunConfig().replace(changes).schedule
    entry, optimizer = SCHEDULES[settings.name], two_groups()
    names: dict[str, Any] = {"torch": torch, "optimizer": optimizer, "epochs": epochs, "steps": steps}
    exec(entry.source(settings), names)
    found = []
    for _ in range(epochs):
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if entry.moves == "step":
                names["schedule"].step()
        if entry.moves == "epoch":
            names["schedule"].step()
        elif entry.moves == "loss":
            names["schedule"].step(1.0)
    assert [*found, optimizer.param_groups[0]["lr"]] == rates(settings, epochs, steps)
    assert ("schedule" in names) == (entry.moves != "never")


# What is particular to some


def test_constant_is_constant() -> None:
    assert set(rates(settings_of("none"), 3, 4)) == {1.0}


def test_plateau_waits_for_the_validation_loss() -> None:
    found = rates(settings_of("plateau", patience=1, factor=0.5), 6, 1, losses=[3, 2, 2, 2, 2, 1])
    assert found == [1, 1, 1, 1, 0.5, 0.5, 0.5]


def test_warm_up_and_cosine_goes_up_in_a_line_and_down_in_a_curve() -> None:
    found = rates(settings_of("warmup_cosine", warmup=0.2), 2, 10)
    assert found[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert found[4:] == pytest.approx([(1 + math.cos(math.pi * step / 16)) / 2 for step in range(17)])


def test_linear_ends_at_its_share() -> None:
    assert rates(settings_of("linear"), 2, 5) == pytest.approx([1 - step / 10 for step in range(11)])
    assert rates(settings_of("linear", final=0.5), 1, 2) == pytest.approx([1, 0.75, 0.5])


def test_exponential_keeps_a_share_each_epoch() -> None:
    assert rates(settings_of("exponential", gamma=0.5), 3, 2) == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25, 0.125])


def test_every_rate_of_an_epoch_is_told(digits) -> None:
    events, _ = trained(digits, small(**{"schedule.name": "linear", "training.epochs": 4}))
    told = [event.lr for event in events if isinstance(event, EpochMetrics)]
    assert told == pytest.approx([0.001, 0.00075, 0.0005, 0.00025, 0])


def test_what_the_first_version_wrote_of_a_schedule_that_was_not_chosen_means_nothing() -> None:
    """It wrote the fields of all schedules, and took any values for those that the chosen one does not have."""
    written = {"every": 3, "factor": 0.5, "patience": 7, "warmup": 0.2}
    for name in ("none", "step", "cosine", "one_cycle", "plateau"):
        found = RunConfig.from_dict({"schedule": {"name": name, **written}}).schedule
        own = {key: value for key, value in written.items() if key in type(found).model_fields}
        assert found.model_dump() == {"name": name, **own}
