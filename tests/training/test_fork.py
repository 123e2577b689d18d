"""A fork has the bits of a run whose settings were changed by hand between two epochs."""

import copy
import json

import pytest
import torch

from core.training.data import open_data
from core.training.events import EpochMetrics, StepMetrics
from core.training.fit import fit
from core.training.fork import forked_state, keeps_optimizer_state
from core.training.optimizers.spec import lr_of
from core.training.schedules import SCHEDULES
from core.training.state import new_state
from tests.training.contract import CPU, small, weights

BEFORE = small(**{"training.epochs": 4, "augment.rotate": 10.0})
AT = 2  # the epoch after which it is forked


def states(digits, config):
    """What a checkpoint holds at the end of each epoch, by epoch; and the events of the run."""
    data = open_data(config, digits, CPU)
    state, found, events = new_state(config, data, CPU), {}, []
    for event in fit(config, data, state):
        events.append(event)
        if isinstance(event, EpochMetrics):
            found[event.epoch] = copy.deepcopy(state.state_dict())
    return found, events


def fork(digits, saved, before, after, schedule="rule"):
    data = open_data(after, digits, CPU)
    torch.manual_seed(77)  # whatever the process did before
    state = forked_state(copy.deepcopy(saved), before, after, data, CPU, schedule)
    return state, data


def rates(events):
    return [event.metrics["lr"] for event in events if isinstance(event, StepMetrics)]


def numbers(events):
    epochs = [event for event in events if isinstance(event, EpochMetrics)]
    return [(event.epoch, event.step, event.train, event.val, event.lr, event.best) for event in epochs]


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon", "lion", "rmsprop"])
def test_a_fork_is_the_run_whose_rate_was_turned_by_hand(digits, optimizer):
    before = BEFORE.replace({"optimizer.name": optimizer})
    if optimizer == "sgd":
        before = before.replace({"optimizer.momentum": 0.9})
    after = before.replace({"optimizer.lr": before.optimizer.lr * 3, "loss.label_smoothing": 0.1})
    # By hand: the first epochs under the old settings, then the rate is written into the optimizer, and the same
    # objects go on with the new ones.
    data = open_data(before, digits, CPU)
    hand = new_state(before, data, CPU)
    for event in fit(before, data, hand):
        if isinstance(event, EpochMetrics) and event.epoch == AT:
            break
    saved = copy.deepcopy(hand.state_dict())
    hand.optimizer.param_groups[0]["lr"] = after.optimizer.lr
    expected = list(fit(after, open_data(after, digits, CPU), hand))

    state, data = fork(digits, saved, before, after)
    found = list(fit(after, data, state))
    assert same(weights(hand), weights(state)) and numbers(found) == numbers(expected)
    kept = hand.optimizer.state_dict()["state"], state.optimizer.state_dict()["state"]
    assert kept[0] and all(
        torch.equal(torch.as_tensor(one[key]), torch.as_tensor(other[key]))
        for one, other in zip(kept[0].values(), kept[1].values(), strict=True)
        for key in one
    )
    untouched, _ = states(digits, before)
    assert not same(untouched[4]["model"], weights(state)), "the change changes something"


@pytest.mark.parametrize("name", list(SCHEDULES.entries))
def test_trained_longer_by_the_same_rule_it_is_the_run_that_had_more_epochs_from_the_start(digits, name):
    """For a schedule that does not know how long the run is, to the last bit; for others the rates are those of the
    longer run."""
    before = BEFORE.replace({"schedule.name": name, "training.epochs": 2})
    after = before.replace({"training.epochs": 4})
    saved, _ = states(digits, before)
    whole, events = states(digits, after)
    state, data = fork(digits, saved[2], before, after)
    found = list(fit(after, data, state))
    rest = [event for event in events if isinstance(event, StepMetrics) and event.epoch > 2]
    assert rates(found) == rates(rest)
    if name in ("none", "step", "plateau", "exponential"):
        assert same(whole[4]["model"], weights(state)) and numbers(found) == numbers(events)[3:]
    history = [json.loads(past)["epoch"] for past in state.progress.history]
    assert history == [0, 1, 2, 3, 4]


def test_the_last_rate_is_held(digits):
    before = BEFORE.replace({"schedule.name": "cosine"})
    saved, _ = states(digits, before)
    last = saved[AT]["optimizer"]["param_groups"][0]["lr"]
    after = before.replace({"schedule.name": "none", "optimizer.lr": last})
    state, data = fork(digits, saved[AT], before, after, "hold")
    assert set(rates(fit(after, data, state))) == {last} and last < before.optimizer.lr


def test_a_schedule_begins_anew_over_the_epochs_that_are_left_and_is_resumed_so(digits):
    before = BEFORE.replace({"schedule.name": "cosine"})
    saved, events = states(digits, before)
    after = before.replace({"training.epochs": AT + 4})
    state, data = fork(digits, saved[AT], before, after, "restart")
    halfway = None
    found = []
    for event in fit(after, data, state):
        found.append(event)
        if isinstance(event, EpochMetrics) and event.epoch == AT + 2:
            halfway = copy.deepcopy(state.state_dict())
    assert rates(found) == rates(events), "four epochs from the top to 0, as the first run had"
    again = new_state(after, data, CPU, weights=False, schedule_epochs=4)
    again.load_state_dict(halfway)
    list(fit(after, data, again))
    assert same(weights(again), weights(state))


def test_another_optimizer_begins_without_a_memory(digits):
    saved, _ = states(digits, BEFORE)
    other = BEFORE.replace({"optimizer.name": "sgd", "optimizer.momentum": 0.9})
    assert not keeps_optimizer_state(BEFORE, other, {"w": (3, 4)})
    state, data = fork(digits, saved[AT], BEFORE, other)
    assert not state.optimizer.state and same(saved[AT]["model"], weights(state))
    assert numbers(list(fit(other, data, state)))[-1][0] == 4
    plain = other.replace({"optimizer.momentum": 0.0})
    assert not keeps_optimizer_state(plain, other, {"w": (3, 4)}), "what it remembers has another form"
    assert keeps_optimizer_state(BEFORE, BEFORE.replace({"optimizer.weight_decay": 0.1}), {"w": (3, 4)})


@pytest.mark.parametrize("changes", [
    {"training.batch_size": 20}, {"model.dropout": 0.0}, {"augment.rotate": 0.0}, {"optimizer.weight_decay": 0.1},
    {"loss.name": "focal"}, {"data.shuffle": False},
], ids=str)  # fmt: skip
def test_what_may_change_begins_with_the_same_weights_and_goes_its_own_way(digits, changes):
    saved, _ = states(digits, BEFORE)
    after = BEFORE.replace(changes)
    state, data = fork(digits, saved[AT], BEFORE, after)
    assert all(map(torch.equal, weights(state).values(), saved[AT]["model"].values())) and state.optimizer.state
    list(fit(after, data, state))
    assert state.progress.epoch == 5
    assert not all(map(torch.equal, weights(state).values(), saved[4]["model"].values()))


def test_a_run_that_stopped_early_can_be_trained_longer(digits):
    before = BEFORE.replace({"training.patience": 1, "optimizer.lr": 1e-8})
    saved, _ = states(digits, before)
    last = max(saved)
    assert saved[last]["progress"]["stale"] == 1 and last < 4
    state, data = fork(digits, saved[last], before, before)
    assert not state.progress.stale and numbers(fit(before, data, state))
    patient = before.replace({"training.patience": 3})
    assert fork(digits, saved[last], before, patient)[0].progress.stale == 1, "the count goes on"


def test_its_speed_is_its_own(digits):
    saved, _ = states(digits, BEFORE)
    saved[AT]["progress"]["train_seconds"] = 1e6
    state, data = fork(digits, saved[AT], BEFORE, BEFORE)
    assert list(fit(BEFORE, data, state))[-1].images_per_second > 1


def test_a_state_within_an_epoch_and_another_model_are_refused(digits):
    saved, _ = states(digits, BEFORE)
    saved[AT]["progress"]["step"] = 1
    with pytest.raises(ValueError, match="end of an epoch"):
        fork(digits, saved[AT], BEFORE, BEFORE)
    with pytest.raises(ValueError, match="another model"):
        fork(digits, saved[1], BEFORE, BEFORE.replace({"model.widths": [13]}))


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
@pytest.mark.parametrize(("share", "schedule"), [(1.0, "rule"), (0.1, "rule"), (0.1, "hold"), (0.5, "hold")])
def test_another_share_for_the_backbone_loses_no_memory(digits, optimizer, share, schedule):
    before = BEFORE.replace(
        {"optimizer.name": optimizer, "optimizer.backbone_lr": 0.5 if share == 1 else 1.0, "schedule.name": "linear"}
    )
    saved, _ = states(digits, before)
    after = before.replace({"optimizer.backbone_lr": share})
    if schedule == "hold":
        held = lr_of(saved[AT]["optimizer"]["param_groups"][0])
        after = after.replace({"schedule.name": "none", "optimizer.lr": held})
    state, _data = fork(digits, saved[AT], before, after, schedule)
    old = new_state(before, open_data(before, digits, CPU), CPU)
    old.load_state_dict(saved[AT])
    memory = [
        {names[p.data_ptr()]: optimizer.state[p] for group in optimizer.param_groups for p in group["params"]}
        for optimizer, names in (
            (one.optimizer, {p.data_ptr(): name for name, p in one.model.named_parameters()}) for one in (old, state)
        )
    ]
    assert memory[0].keys() == memory[1].keys() and len(memory[0]) > 4
    for name, kept in memory[0].items():
        assert kept and all(
            torch.equal(torch.as_tensor(kept[key]), torch.as_tensor(memory[1][name][key])) for key in kept
        )
    rates = [
        {names[p.data_ptr()]: lr_of(group) for group in optimizer.param_groups for p in group["params"]}
        for optimizer, names in (
            (one.optimizer, {p.data_ptr(): name for name, p in one.model.named_parameters()}) for one in (old, state)
        )
    ]
    assert rates[1] == pytest.approx(rates[0]), "the rates of the last layers go on, the others follow their share"
    scales = {group.get("lr_scale", 1.0) for group in state.optimizer.param_groups}
    assert scales == {1.0, share}
