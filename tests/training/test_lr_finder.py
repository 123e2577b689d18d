"""The learning-rate range test, on real digits."""

import math
from itertools import pairwise

import pytest
import torch

from core.training import lr_finder
from core.training.data import open_data
from core.training.fit import build_loss
from core.training.lr_finder import find_lr
from core.training.lr_suggestion import LOWEST_LR, WARM_UP_STEPS, RangePoint, suggest
from core.training.state import new_state
from tests.training.contract import CPU, small


def range_test(digits, **changes) -> list[RangePoint]:
    config = small(**changes)
    return list(find_lr(config, open_data(config, digits, CPU), CPU))


def test_the_rate_grows_by_the_same_factor_until_the_loss_has_left_its_lowest(digits):
    points = range_test(digits)
    assert points[0].lr == LOWEST_LR and [p.step for p in points] == list(range(1, len(points) + 1))
    factors = [after.lr / before.lr for before, after in pairwise(points)]
    assert factors == pytest.approx([factors[0]] * len(factors))
    assert len(points) < lr_finder.STEPS, "a rate of 10 destroys every model"
    start, *settled, last = [p.smoothed for p in points[WARM_UP_STEPS - 1 :]]
    assert last > start > 1.1 * min(settled)
    lowest = [min(settled[: place + 1]) for place in range(len(settled))]
    assert all(now <= start or least >= 0.9 * start for now, least in zip(settled, lowest, strict=True))


def test_it_begins_as_a_run_begins(digits):
    config = small(**{"training.seed": 3})
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    images, labels = next(data.train.epoch(1))
    state.network.train()
    loss = build_loss(config, data, CPU)(state.network(images), labels)
    assert range_test(digits, **{"training.seed": 3})[0].loss == pytest.approx(loss.item(), rel=1e-6)


def test_the_same_settings_give_the_same_points(digits):
    assert range_test(digits) == range_test(digits)


@pytest.mark.parametrize("schedule", ["one_cycle", "warmup_cosine", "linear", "plateau"])
def test_the_schedule_is_left_out(digits, schedule):
    """Some begin with a part of the rate: one-cycle with a twenty-fifth."""
    assert range_test(digits, **{"schedule.name": schedule}) == range_test(digits)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "muon"])
def test_a_run_learns_with_what_is_suggested(digits, optimizer):
    found = suggest(range_test(digits, **{"optimizer.name": optimizer, "data.limit": None}))
    assert found and found.lr == pytest.approx(found.lowest_at / 10, rel=0.3)
    assert found.rises_from is None or found.rises_from > found.lowest_at
    config = small(**{"optimizer.name": optimizer, "optimizer.lr": found.lr, "data.limit": None, "training.epochs": 6})
    from core.training.events import Finished
    from core.training.fit import fit

    data = open_data(config, digits, CPU)
    end = [event for event in fit(config, data, new_state(config, data, CPU)) if isinstance(event, Finished)][-1]
    assert end.test.accuracy > 0.85


def test_every_group_of_an_optimizer_keeps_its_share_of_the_rate(digits, monkeypatch):
    """Muon has a second rate, for the weights that AdamW takes."""
    seen = []
    config = small(**{"optimizer.name": "muon", "optimizer.lr": 0.02, "optimizer.adamw_lr": 0.004})
    made = lr_finder.new_state

    def kept(*arguments, **more):
        seen.append(made(*arguments, **more))
        return seen[-1]

    monkeypatch.setattr(lr_finder, "new_state", kept)
    for point in find_lr(config, open_data(config, digits, CPU), CPU):
        rates = sorted({group["lr"] for group in seen[0].optimizer.param_groups})
        assert rates == pytest.approx([point.lr / 5, point.lr])


def test_a_loss_that_is_no_number_ends_it(digits, monkeypatch):
    def broken(*_arguments):
        losses = iter([2.0, 1.9, math.nan])
        return lambda output, targets: output.sum() * 0 + next(losses)

    monkeypatch.setattr(lr_finder, "build_loss", broken)
    assert [point.loss for point in range_test(digits)] == pytest.approx([2.0, 1.9])


def test_the_model_of_a_test_is_left_behind(digits):
    """What a range test has trained is nobody's: a run that begins after it begins as any other."""
    config = small()
    data = open_data(config, digits, CPU)
    before = new_state(config, data, CPU).model.state_dict()
    list(find_lr(config, data, CPU))
    after = new_state(config, data, CPU).model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
