"""The training loop on real digits."""

import json
import math
import time

import pytest
import torch

from core.loading.batches import Batches
from core.run_config import RunConfig
from core.training import non_finite_guard
from core.training.data import open_data
from core.training.events import EpochMetrics, Finished, StepMetrics
from core.training.fit import Diverged, StepAccumulator, fit
from core.training.metrics import computed
from core.training.state import new_state
from tests.rows import SCORE

CPU = torch.device("cpu")


def config_of(**changes):
    base = {"data.limit": 600, "model.channels": [8], "model.widths": [], "training.epochs": 2}
    base["training.precision"] = "float32"
    return RunConfig().replace({**base, **changes})


def run(digits, config):
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    return list(fit(config, data, state)), state


def weights(state):
    return {name: tensor.clone() for name, tensor in state.model.state_dict().items()}


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


def test_it_learns_and_tells(digits):
    events, state = run(digits, config_of(**{"training.epochs": 6, "training.batch_size": 16}))
    epochs = [e for e in events if isinstance(e, EpochMetrics)]
    assert [e.epoch for e in epochs] == list(range(7)) and isinstance(events[-1], Finished)
    assert epochs[0].train is None and epochs[0].val.accuracy < 0.4 < 0.8 < epochs[-1].val.accuracy
    assert math.isclose(epochs[0].val.loss, math.log(10), rel_tol=0.3)
    assert all(e.train.total == 600 for e in epochs[1:]) and epochs[-1].step == 6 * 38
    assert any(isinstance(e, StepMetrics) for e in events)
    end = events[-1]
    assert end.test.total == 360 and end.test.accuracy > 0.8 and end.images_per_second > 0
    assert {spec.name for spec in computed(10)} == set(end.test.metrics) == set(epochs[0].val.metrics)
    assert end.test.metrics["top5_accuracy"] > end.test.accuracy and not epochs[1].train.metrics
    assert list(epochs[0].metrics)[:6] == [*(f"train_{n}" for n in SCORE), "val_loss", "val_accuracy"]
    assert [EpochMetrics.of(json.loads(past)) for past in state.progress.history] == epochs
    assert end.best_val_accuracy == max(e.val.accuracy for e in epochs)


def test_step_metrics_add_up_to_the_epoch(digits):
    events, _ = run(digits, config_of(**{"training.epochs": 1}))
    steps = [e for e in events if isinstance(e, StepMetrics)]
    assert steps[-1].epoch == 1.0 and steps[-1].step == 10
    train = next(e for e in events if isinstance(e, EpochMetrics) and e.epoch == 1).train
    if len(steps) == 1:
        assert math.isclose(steps[0].metrics["loss"], train.loss) and steps[0].metrics["accuracy"] == train.accuracy


def test_what_the_consumer_does_after_an_epoch_is_training_time(digits):
    config = config_of(**{"training.epochs": 1, "data.limit": 64})
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    for event in fit(config, data, state):
        if isinstance(event, EpochMetrics) and event.epoch:
            time.sleep(0.5)  # a checkpoint
    assert event.images_per_second < 64 / 0.5 and event.seconds > 0.5


def test_the_same_seed_gives_the_same_weights(digits):
    (_, a), (_, b) = run(digits, config_of()), run(digits, config_of())
    _, other = run(digits, config_of(**{"training.seed": 1}))
    assert same(weights(a), weights(b)) and not same(weights(a), weights(other))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop"])
@pytest.mark.parametrize("schedule", ["none", "step", "cosine", "one_cycle", "plateau"])
def test_every_optimizer_and_schedule_learns(digits, optimizer, schedule):
    changes = {"optimizer.name": optimizer, "schedule.name": schedule, "training.epochs": 3}
    if schedule == "step":
        changes |= {"schedule.every": 1}
    if optimizer == "sgd":
        changes |= {"optimizer.momentum": 0.9, "optimizer.nesterov": True}
    events, _ = run(digits, config_of(**changes))
    epochs = [e for e in events if isinstance(e, EpochMetrics)]
    assert epochs[-1].val.loss < epochs[0].val.loss


def lrs(digits, **changes):
    events, _ = run(digits, config_of(**{"training.epochs": 4, "training.batch_size": 64, **changes}))
    return [e.lr for e in events if isinstance(e, EpochMetrics)]


def test_schedules_move_the_rate_as_they_say(digits):
    step = lrs(digits, **{"schedule.name": "step", "schedule.every": 2, "schedule.factor": 0.1})
    assert [round(lr, 8) for lr in step] == [0.001, 0.001, 0.0001, 0.0001, 0.00001]
    cosine = lrs(digits, **{"schedule.name": "cosine"})
    assert cosine[2] == pytest.approx(0.0005) and cosine[-1] == pytest.approx(0, abs=1e-9)
    cycle = lrs(digits, **{"schedule.name": "one_cycle", "schedule.warmup": 0.5})
    assert cycle[0] < cycle[1] < cycle[2] and cycle[2] == pytest.approx(0.001, rel=0.05) and cycle[-1] < 1e-5


@pytest.mark.parametrize("changes", [
    {"model.dropout": 0.5, "model.widths": [16]},
    {"schedule.name": "one_cycle", "augment.rotate": 10.0},
    {"optimizer.name": "sgd", "optimizer.momentum": 0.9, "schedule.name": "plateau", "schedule.patience": 0},
])  # fmt: skip
@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_resumed_in_the_middle_it_ends_with_the_same_bits(digits, changes, after, monkeypatch):
    from core.training import fit as module

    monkeypatch.setattr(module, "EVENT_INTERVAL_S", 0.0)  # an event after every step
    config = config_of(**changes, **{"training.batch_size": 150, "training.epochs": 3})
    whole, unbroken = run(digits, config)
    data = open_data(config, digits, CPU)
    first = new_state(config, data, CPU)
    for count, _event in enumerate(fit(config, data, first), start=1):
        if count == after:
            break
    saved = first.state_dict()
    torch.manual_seed(999)  # whatever happened in between
    second = new_state(config, data, CPU, weights=False)
    second.load_state_dict(saved)
    rest = list(fit(config, data, second))
    assert same(weights(unbroken), weights(second))
    ends = [(e.epoch, e.train, e.val, e.best) for e in whole if isinstance(e, EpochMetrics)][-1]
    assert [(e.epoch, e.train, e.val, e.best) for e in rest if isinstance(e, EpochMetrics)][-1] == ends


@pytest.mark.parametrize("flagged", [False, True], ids=["asked in every step", "flagged on the device"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_loss_that_is_not_finite_stops_before_the_step(digits, monkeypatch, optimizer, flagged):
    if flagged:  # as on a GPU: the optimizer is told on the device, and the loss is read with the next event
        monkeypatch.setattr(non_finite_guard.NonFiniteGuard, "waits_for", staticmethod(lambda optimizer, device: False))
    config = config_of(**{"training.batch_size": 60, "optimizer.name": optimizer, "optimizer.lr": 0.001})
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    steps = 0
    forward = state.network.forward

    def poisoned(images):
        nonlocal steps
        output = forward(images)
        if state.network.training:
            steps += 1
            if steps == 4:
                before.update(weights(state))
        return output * float("inf") if steps == 4 else output

    before: dict = {}
    state.network.forward = poisoned
    with pytest.raises(Diverged) as caught:
        list(fit(config, data, state))
    assert "step 4" in str(caught.value) and "0.001" in str(caught.value) and "epoch 1" in str(caught.value)
    learnt = {n: t for n, t in weights(state).items() if "running" not in n and "num_batches" not in n}
    assert same(learnt, before) and all(t.isfinite().all() for t in learnt.values())


def test_the_loss_of_an_epoch_does_not_depend_on_when_events_were_due(digits):
    config = config_of()
    data = open_data(config, digits, CPU)
    sums, losses = [], torch.rand(200, generator=torch.Generator().manual_seed(0)).pow(40).tolist()
    for every in (1, 7, 200):
        state = new_state(config, data, CPU)
        report = StepAccumulator(state, len(losses))
        for number, loss in enumerate(losses, start=1):
            report.add(torch.tensor(loss), torch.zeros(1, 10), torch.zeros(1, dtype=torch.int64))
            if number % every == 0 or number == len(losses):
                report.take()
        sums.append(state.progress.loss_sum)
    assert sums[0] == sums[1] == sums[2]


def test_early_stopping(digits):
    config = config_of(**{"training.epochs": 50, "training.patience": 2, "optimizer.lr": 1e-8})
    events, _ = run(digits, config)
    end = events[-1]
    assert end.stopped_early and end.epochs < 50
    epochs = [e for e in events if isinstance(e, EpochMetrics)]
    assert epochs[-1].epoch - end.best_epoch == 2


@pytest.mark.parametrize("validation,times", [(0.1, 1), (0.0, 3)])
def test_the_test_set_is_touched_once_unless_it_stands_in_for_validation(digits, monkeypatch, validation, times):
    config = config_of(**{"data.validation": validation})
    data = open_data(config, digits, CPU)
    touched = []
    epoch = Batches.epoch

    def watched(self, *position):
        if len(self.indices) == len(data.test.indices):
            touched.append(position)
        return epoch(self, *position)

    monkeypatch.setattr(Batches, "epoch", watched)
    list(fit(config, data, new_state(config, data, CPU)))
    assert len(touched) == times


def test_bfloat16_and_float32_agree_roughly(digits):
    (_, a), (_, b) = run(digits, config_of()), run(digits, config_of(**{"training.precision": "bfloat16"}))
    assert b.precision == "bfloat16" and not same(weights(a), weights(b))
    for name, tensor in weights(a).items():
        if tensor.is_floating_point():
            assert (tensor - weights(b)[name]).abs().mean() < 0.05 * tensor.abs().mean() + 0.02
