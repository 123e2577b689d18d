"""The drawn schedule is the one that a run has."""

import pytest

from core.run_config import RunConfig
from core.training.data import open_data
from core.training.events import EpochMetrics, StepMetrics
from core.training.fit import fit
from core.training.schedule_preview import MAX_STEPS, rates
from core.training.schedules import SCHEDULES
from core.training.state import new_state
from tests.training.contract import CPU, small


@pytest.mark.parametrize("name", [name for name, one in SCHEDULES.entries.items() if one.moves != "loss"])
def test_it_shows_the_rates_of_a_run(digits, name):
    config = small(**{"schedule.name": name, "training.epochs": 3, "training.batch_size": 50})
    data = open_data(config, digits, CPU)
    at, found = rates(config, len(data.train))
    events = list(fit(config, data, new_state(config, data, CPU)))
    used = {round(e.epoch * len(data.train)): e.metrics["lr"] for e in events if isinstance(e, StepMetrics)}
    drawn = {round(epoch * len(data.train)) + 1: rate for epoch, rate in zip(at, found, strict=True)}
    assert used and all(drawn[step] == pytest.approx(rate) for step, rate in used.items())
    assert len([e for e in events if isinstance(e, EpochMetrics)]) == 4


def test_of_one_that_follows_the_loss_only_the_start_is_known():
    config = RunConfig().replace({"schedule.name": "plateau", "optimizer.lr": 0.02})
    assert rates(config, 100) == ([0.0], [0.02])


def test_long_runs_are_drawn_with_fewer_steps():
    config = RunConfig().replace({"schedule.name": "cosine", "training.epochs": 1000})
    at, found = rates(config, 5000)
    assert len(at) <= MAX_STEPS and found[0] > found[-1]
