"""What a closer look at a step finds, computed by hand beside it; and that it changes nothing."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from core.training.data import open_data
from core.training.events import StepMetrics
from core.training.fit import build_loss, fit
from core.training.state import new_state
from core.training.step_points import STEPS_BETWEEN_PROBES
from core.training.step_probe import Probe, StepProbe
from tests.training.contract import CPU, small


def looked_at(network: nn.Module, images: torch.Tensor, lr: float = 0.1) -> StepProbe:
    probe, optimizer = Probe(network), torch.optim.SGD(network.parameters(), lr=lr)
    with probe.watching():
        output = network(images)
    output.sum().backward()
    probe.before()
    optimizer.step()
    return probe.after()


def test_norm_and_ratio_are_those_of_all_weights_together() -> None:
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.copy_(torch.tensor([[3.0, 4.0]]))
        network.bias.zero_()
    found = looked_at(network, torch.tensor([[1.0, 2.0]]), lr=0.5)
    assert found.gradient_norm == pytest.approx(6**0.5)  # of 1, 2 and, of the bias, 1
    assert found.update_ratio == pytest.approx(0.5 * 6**0.5 / 5)
    assert found.dead_relus is None


def test_a_unit_is_dead_that_is_zero_for_every_image() -> None:
    dense = nn.Linear(1, 4)
    with torch.no_grad():
        dense.weight.copy_(torch.tensor([[1.0], [-1.0], [0.0], [1.0]]))
        dense.bias.copy_(torch.tensor([0.0, 0.0, -1.0, 5.0]))
    images = torch.tensor([[1.0], [2.0]])  # the second and the third unit stay at zero
    assert looked_at(nn.Sequential(dense, nn.ReLU()), images).dead_relus == 0.5
    images = torch.tensor([[1.0], [-2.0]])  # the second wakes up at the second image
    assert looked_at(nn.Sequential(dense, nn.ReLU()), images).dead_relus == 0.25


def test_of_a_convolution_a_unit_is_a_channel() -> None:
    convolution = nn.Conv2d(1, 2, 1)
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([1.0, 1.0]).reshape(2, 1, 1, 1))
        convolution.bias.copy_(torch.tensor([-10.0, 0.0]))
    images = torch.zeros(3, 1, 4, 4)
    images[2, 0, 1, 1] = 1.0
    assert looked_at(nn.Sequential(convolution, nn.ReLU()), images).dead_relus == 0.5


def test_frozen_weights_are_left_out_and_hooks_are_gone() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    network[0].requires_grad_(False)
    probe = Probe(network)
    assert len(probe.weights) == 2
    with probe.watching():
        network(torch.ones(1, 2))
    network(torch.ones(1, 2))
    assert len(probe.dead) == 1 and not network[1]._forward_hooks


def test_a_run_has_its_numbers_and_learns_the_same_with_and_without(digits, monkeypatch) -> None:
    config = small(**{"data.limit": None, "training.batch_size": 32})
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    every_point = [event for event in fit(config, data, state) if isinstance(event, StepMetrics)]
    points = [point for point in every_point if point.metrics["gradient_norm"] is not None]
    apart = {after.step - before.step for before, after in pairwise(points)}
    assert len(points) >= 2 and min(apart) >= STEPS_BETWEEN_PROBES and max(apart) < 2 * STEPS_BETWEEN_PROBES
    for name in ("gradient_norm", "update_ratio", "dead_relus"):
        assert all(0 <= point.metrics[name] < 100 for point in points), name
    assert points[-1].metrics["gradient_norm"] > 0 and points[-1].metrics["update_ratio"] > 0
    bare, optimizer = new_state(config, data, CPU), None
    optimizer, loss = bare.optimizer, build_loss(config, data, CPU)
    for epoch in range(1, config.training.epochs + 1):
        bare.network.train()
        for images, labels in data.train.epoch(epoch, 0, bare.randomness):
            optimizer.zero_grad(set_to_none=True)
            loss(bare.network(images), labels).backward()
            optimizer.step()
            bare.schedule.after_step()
        bare.schedule.after_epoch(0.0)
    one, other = state.model.state_dict(), bare.model.state_dict()
    weights = [name for name in one if "running" not in name and "num_batches" not in name]
    assert all(torch.equal(one[name], other[name]) for name in weights)
