"""The untrained network is that of epoch 0, and drawing it changes nobody's random numbers."""

import pytest
import torch

from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.training.data import open_data
from core.training.earlier import Earlier
from core.training.state import new_state
from core.training.untrained import untrained

CPU = torch.device("cpu")


@pytest.mark.parametrize("changes", [{}, {"model.name": "whitened_cnn", "model.filters": 8}, {"training.seed": 5}])
def test_it_has_the_weights_that_a_run_begins_with(digits: Prepared, changes: dict) -> None:
    config = RunConfig().replace(changes)
    data = open_data(config, digits, CPU)
    threads = torch.get_num_threads()
    expected = new_state(config, data, CPU).model.state_dict()
    torch.set_num_threads(threads)
    before = torch.get_rng_state()
    found = untrained(config, data).state_dict()
    assert torch.equal(before, torch.get_rng_state()) and torch.get_num_threads() == threads
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


def test_a_run_of_another_run_s_weights_begins_with_those(digits: Prepared) -> None:
    config = RunConfig()
    data = open_data(config, digits, CPU)
    threads = torch.get_num_threads()
    learnt = new_state(config.replace({"training.seed": 9}), data, CPU)
    torch.set_num_threads(threads)
    weights = learnt.model.state_dict()
    earlier = Earlier("abcd1234", "first", 1, 10, config.model, data.spec, digits.meta.classes, weights)
    found = untrained(config.replace({"model.weights": "run:abcd1234"}), data, earlier).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in weights.items())
