"""A few timed steps say what a run then takes."""

import time

import pytest
import torch

from core.training import pace
from core.training.data import open_data
from core.training.events import Finished
from core.training.fit import fit
from core.training.pace import Pace
from core.training.state import new_state
from tests.training.contract import CPU, small


def test_what_is_measured_is_what_a_run_takes(digits):
    config = small(**{"data.limit": None, "training.epochs": 12})
    data = open_data(config, digits, CPU)
    began = time.perf_counter()
    found = pace.measure(config, data, CPU)
    assert time.perf_counter() - began < 2 * (pace.TRAINING_S + pace.EVALUATION_S)
    (end,) = [event for event in fit(config, data, new_state(config, data, CPU)) if isinstance(event, Finished)]
    assert 0.3 < found.seconds(12) / end.seconds < 3  # both share the processor with other tests
    assert found.runs == 0 and found.memory and found.memory > 50e6, "PyTorch itself is in it"


def test_seconds_grow_with_the_epochs():
    assert Pace(2.0, 3.0).seconds(10) == 32.0


@pytest.mark.parametrize("batch_size", [1437, 5000])
def test_an_epoch_of_one_step_is_timed_too(digits, batch_size, monkeypatch):
    monkeypatch.setattr(pace, "TRAINING_S", 0.05)
    config = small(**{"data.limit": None, "training.batch_size": batch_size})
    data = open_data(config, digits, CPU)
    assert len(data.train) == 1 and pace.measure(config, data, CPU).epoch_s > 0


def test_nothing_of_it_is_left(digits):
    """A run after it begins as any other."""
    config = small()
    data = open_data(config, digits, CPU)
    before = new_state(config, data, CPU).model.state_dict()
    pace.measure(config, data, CPU)
    after = new_state(config, data, CPU).model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
