"""Every optimizer of the registry, unasked: it trains, resumes, is told in plain PyTorch, and keeps what it says."""

import copy
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from core.errors import BadInput
from core.models.shapes import element_count, shapes_of
from core.run_config import RunConfig
from core.runs.execute import checkpoint_size
from core.training import memory, preflight
from core.training.data import open_data
from core.training.fit import Diverged, fit
from core.training.model import build_model, summarise
from core.training.non_finite_guard import NonFiniteGuard
from core.training.optimizers import OPTIMIZERS
from core.training.optimizers._lion import Lion
from core.training.optimizers.spec import learning
from core.training.state import new_state
from tests.conftest import LONG
from tests.training.contract import CPU, both, check_it_learns, check_it_resumes, named, small, trained, weights

EACH = [pytest.param(changes, id=f"{name}-{kind}") for name in named("optimizer")
        for kind, changes in zip(("default", "varied"), both("optimizer", name), strict=True)]  # fmt: skip


def stepped(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 4) -> dict[str, torch.Tensor]:
    """The weights after some steps on random images (N, 1, 8, 8)."""
    torch.manual_seed(0)
    for _ in range(steps):
        images, labels = torch.randn(16, 1, 8, 8), torch.randint(0, 10, (16,))
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return {name: p.detach().clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("changes", EACH)
def test_it_learns(digits, changes: dict[str, Any]) -> None:
    check_it_learns(digits, small(**changes))


@pytest.mark.parametrize("changes", EACH)
def test_it_resumes_in_the_middle_of_an_epoch_with_the_same_bits(digits, changes, monkeypatch, tmp_path) -> None:
    check_it_resumes(digits, small(**changes), monkeypatch, tmp_path)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"])
@pytest.mark.parametrize("changes", EACH)
def test_its_source_takes_the_same_steps(digits, changes: dict[str, Any], layout) -> None:
    torch.set_num_threads(1)
    config = small(**{**changes, "model.dropout": 0.0})
    model = build_model(config, open_data(config, digits, CPU).spec, 10).to(memory_format=layout)
    other, before = copy.deepcopy(model), copy.deepcopy(model).state_dict()
    entry = OPTIMIZERS[config.optimizer.name]
    names: dict[str, Any] = {"torch": torch, "model": other}
    exec(entry.source(config.optimizer), names)
    ours = stepped(model, entry.build(config.optimizer, model, CPU))
    theirs = stepped(other, names["optimizer"])
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert not any(torch.equal(ours[name], before[name]) for name in ours if name.endswith("weight"))


@pytest.mark.parametrize("changes", [one for one in EACH if OPTIMIZERS[one.values[0]["optimizer.name"]].brief_source])
def test_its_brief_source_takes_nearly_the_same_steps(digits, changes: dict[str, Any]) -> None:
    config = small(**{**changes, "model.dropout": 0.0})
    model = build_model(config, open_data(config, digits, CPU).spec, 10)
    names: dict[str, Any] = {"torch": torch, "model": copy.deepcopy(model)}
    entry = OPTIMIZERS[config.optimizer.name]
    assert entry.brief_source is not None
    exec(entry.brief_source(config.optimizer), names)
    ours = stepped(model, entry.build(config.optimizer, model, CPU))
    theirs = stepped(names["model"], names["optimizer"])
    # A bias before batch norm has no gradient but rounding, which Adam makes as large as any other.
    assert all(torch.allclose(ours[name], theirs[name], atol=5e-4) for name in ours)


@pytest.mark.parametrize("frozen", [False, True], ids=["all learn", "some are frozen"])
@pytest.mark.parametrize("changes", EACH)
def test_it_keeps_as_many_numbers_as_it_says(digits, changes: dict[str, Any], frozen: bool) -> None:
    config = small(**changes)
    model = build_model(config, open_data(config, digits, CPU).spec, 10)
    if frozen:
        model[0].requires_grad_(False)
    optimizer = OPTIMIZERS[config.optimizer.name].build(config.optimizer, model, CPU)
    stepped(model, optimizer, steps=1)
    kept = [one for state in optimizer.state.values() for one in state.values() if torch.is_tensor(one) and one.ndim]
    said = OPTIMIZERS[config.optimizer.name].state_size(config.optimizer, shapes_of(model))
    assert said == sum(tensor.numel() for tensor in kept)


@pytest.mark.parametrize("changes", EACH)
def test_memory_and_disk_are_counted_by_what_it_keeps(digits, changes: dict[str, Any], monkeypatch) -> None:
    config = small(**changes)
    state = new_state(config, open_data(config, digits, CPU), CPU)
    said = OPTIMIZERS[config.optimizer.name].state_size(config.optimizer, shapes_of(state.model))
    weights_on_disk = sum(tensor.nbytes for tensor in state.model.state_dict().values())
    assert checkpoint_size(config, state) == weights_on_disk + 4 * said
    model = summarise(config, digits.meta)
    assert model.learning == shapes_of(state.model) and model.trainable == element_count(model.learning)
    needed = 4 * (model.parameters + model.trainable + said)
    monkeypatch.setattr(memory, "memory_of", lambda device: needed - 1)
    with pytest.raises(BadInput, match="training them takes"):
        memory.check(config, model, 1, CPU)
    monkeypatch.setattr(memory, "memory_of", lambda device: needed + 2 * model.outputs)
    memory.check(config, model, 1, CPU)


@pytest.mark.parametrize("name", named("optimizer"))
def test_a_loss_that_is_not_finite_stops_before_the_step(digits, name: str) -> None:
    config = small(**{"optimizer.name": name, "model.dropout": 0.0})
    data = open_data(config, digits, CPU)
    state = new_state(config, data, CPU)
    forward, steps, before = state.network.forward, [], {}

    def poisoned(images):
        output = forward(images)
        if not state.network.training:
            return output
        steps.append(len(images))
        if len(steps) == 3:
            before.update({n: p.detach().clone() for n, p in state.model.named_parameters()})
        return output * float("inf") if len(steps) == 3 else output

    state.network.forward = poisoned
    with pytest.raises(Diverged, match="step 3"):
        list(fit(config, data, state))
    assert all(torch.equal(p, before[n]) and p.isfinite().all() for n, p in state.model.named_parameters())


@pytest.mark.parametrize("name", named("optimizer"))
def test_a_gpu_is_not_waited_for_only_where_every_step_looks_at_the_flag(digits, name: str) -> None:
    config = small(**{"optimizer.name": name})
    optimizer = new_state(config, open_data(config, digits, CPU), CPU).optimizer
    fused = all(group.get("fused") for group in optimizer.param_groups)
    assert NonFiniteGuard.waits_for(optimizer, torch.device("cuda")) == (not fused)
    assert NonFiniteGuard.waits_for(optimizer, CPU)
    assert fused == (name in ("sgd", "adam", "adamw"))


@pytest.mark.parametrize("name", named("optimizer"))
def test_only_what_learns_is_changed(digits, name: str) -> None:
    config = small(**{"optimizer.name": name, "optimizer.weight_decay": 0.1})
    model = build_model(config, open_data(config, digits, CPU).spec, 10)
    model[0].requires_grad_(False)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    after = stepped(model, OPTIMIZERS[name].build(config.optimizer, model, CPU))
    changed = {n for n in before if not torch.equal(before[n], after[n])}
    assert changed == set(shapes_of(model)) and "0.weight" not in changed


@pytest.mark.parametrize("schedule", [name for name in named("schedule") if name != "none"])
@pytest.mark.parametrize("optimizer", named("optimizer"))
def test_a_schedule_scales_all_its_rates_alike(digits, optimizer: str, schedule: str) -> None:
    config = small(**{"optimizer.name": optimizer, "schedule.name": schedule})
    state = new_state(config, open_data(config, digits, CPU), CPU)
    start = [group["lr"] for group in OPTIMIZERS[optimizer].build(config.optimizer, state.model, CPU).param_groups]
    assert start[0] == config.optimizer.lr
    moved = False
    for _ in range(12):
        rates = [group["lr"] for group in state.optimizer.param_groups]
        shares = [rate / begun for rate, begun in zip(rates, start, strict=True)]
        assert shares == pytest.approx([shares[0]] * len(shares), abs=1e-9) and state.schedule.lr == rates[0]
        moved |= abs(shares[0] - 1) > 1e-3
        if state.progress.steps < 9:  # as many steps as the run has
            state.optimizer.step()
            state.schedule.after_step()
        state.schedule.after_epoch(1.0)
        state.progress.steps += 1
    assert moved


# What is particular to some


def test_the_lines_of_torchs_own_are_what_one_would_write() -> None:
    def source(**changes: Any) -> str:
        config = RunConfig().replace({f"optimizer.{key}": value for key, value in changes.items()})
        return OPTIMIZERS[config.optimizer.name].source(config.optimizer)

    assert source() == "optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)\n"
    assert source(name="sgd", momentum=0.9, nesterov=True) == (
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, fused=True)\n"
    )
    assert source(name="rmsprop", weight_decay=0.01) == (
        "optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, weight_decay=0.01)\n"
    )
    assert "AdamW(model.parameters(), lr=0.001, weight_decay=0.0" in source(name="adamw")  # torch's default is 0.01


def test_lion_steps_along_the_sign_of_its_momentum() -> None:
    p = nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    optimizer = Lion([p], lr=0.1, weight_decay=0.5)
    average, value = torch.zeros(3), p.detach().clone()
    for gradient in (torch.tensor([2.0, -1.0, 0.5]), torch.tensor([-0.1, -3.0, -0.02])):
        p.grad = gradient.clone()
        optimizer.step()
        value = value - 0.1 * ((0.9 * average + 0.1 * gradient).sign() + 0.5 * value)  # algorithm 2 of the paper
        average = 0.99 * average + 0.01 * gradient
        assert torch.allclose(p.detach(), value)


def muon_of(model: nn.Module, **changes: Any) -> torch.optim.Optimizer:
    settings = RunConfig().replace({"optimizer.name": "muon", **changes}).optimizer
    return OPTIMIZERS["muon"].build(settings, model, CPU)


def net() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 8, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(8 * 16, 12), nn.Tanh(), nn.Linear(12, 10),
    )  # fmt: skip


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"])
def test_muon_turns_hidden_weights_by_the_same_amount_in_all_directions(layout) -> None:
    model = net().to(memory_format=layout)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    after = stepped(model, muon_of(model), steps=1)
    for name in ("3.weight", "6.weight"):
        move = (before[name] - after[name]).flatten(1) / 0.02
        scale = math.sqrt(max(1, move.shape[0] / move.shape[1]))
        singular = torch.linalg.svdvals(move) / scale
        assert singular.min() > 0.5 and singular.max() < 1.5, "as Newton and Schulz bring them"
    for name in ("0.weight", "8.weight", "8.bias", "1.weight"):  # AdamW's first step is its rate, either way
        assert (before[name] - after[name]).abs().max() == pytest.approx(0.001, rel=0.01)


def test_muon_does_the_same_to_a_kernel_whatever_its_order_in_memory() -> None:
    a, b = net(), net().to(memory_format=torch.channels_last)
    moved = [stepped(model, muon_of(model), steps=3) for model in (a, b)]
    assert all(torch.allclose(moved[0][name], moved[1][name], atol=2e-3) for name in moved[0])


def test_muon_forgets_the_gradients_of_a_step() -> None:
    model = net()
    optimizer = muon_of(model)
    stepped(model, optimizer, steps=1)
    optimizer.zero_grad()
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("changes", [{"model.name": "mlp", "model.widths": []},
                                     {"model.name": "resnet18", "model.trains": "head"}])  # fmt: skip
def test_muon_refuses_a_model_without_hidden_layers_before_anything_is_made(digits, changes) -> None:
    config = RunConfig().replace({"optimizer.name": "muon", **changes})
    with pytest.raises(BadInput, match=r"optimizer\.name is muon.* allowed: adamw, or a model with more layers"):
        preflight.check(config, digits)
    preflight.check(config.replace({"optimizer.name": "adamw"}), digits)


@pytest.mark.parametrize("model", ["whitened_cnn", pytest.param("mobilenet_v3_small", marks=LONG)])
def test_muon_trains_networks_with_frozen_and_grouped_layers(digits, model: str) -> None:
    config = RunConfig().replace({
        "model.name": model, "optimizer.name": "muon", "data.limit": 40, "training.epochs": 1,
        "training.batch_size": 20, "training.precision": "float32", "data.validation": 0.05,
    })  # fmt: skip
    preflight.check(config, digits)
    _, state = trained(digits, config)
    assert all(tensor.isfinite().all() for tensor in weights(state).values())


# A rate of its own for the backbone


def rates_by_name(state) -> dict[str, float]:
    """The rate with which each parameter learns."""
    names = {p.data_ptr(): name for name, p in state.model.named_parameters()}
    return {names[p.data_ptr()]: group["lr"] for group in state.optimizer.param_groups for p in group["params"]}


@pytest.mark.parametrize("schedule", named("schedule"))
@pytest.mark.parametrize("optimizer", named("optimizer"))
def test_all_layers_but_the_last_learn_with_their_share_of_the_rate(digits, optimizer: str, schedule: str) -> None:
    config = small(**{"optimizer.name": optimizer, "schedule.name": schedule})
    data = open_data(config, digits, CPU)
    whole = new_state(config, data, CPU)
    shared = new_state(config.replace({"optimizer.backbone_lr": 0.1}), data, CPU)
    for step in range(10):
        expected, found = rates_by_name(whole), rates_by_name(shared)
        *_, last = expected
        head = last.partition(".")[0]
        assert found == pytest.approx({
            name: rate if name.startswith(f"{head}.") else rate / 10 for name, rate in expected.items()
        })  # fmt: skip
        assert shared.schedule.lr == pytest.approx(whole.schedule.lr), "the chart shows that of the last layer"
        for state in (whole, shared):
            if step < 8:
                state.optimizer.step()
                state.schedule.after_step()
            state.schedule.after_epoch(1.0)


@pytest.mark.parametrize("name", named("optimizer"))
def test_with_one_rate_for_all_an_optimizer_is_as_it_always_was(digits, name: str) -> None:
    config = small(**{"optimizer.name": name})
    optimizer = new_state(config, open_data(config, digits, CPU), CPU).optimizer
    assert len(optimizer.param_groups) == (2 if name == "muon" else 1)
    assert not any("lr_scale" in group for group in optimizer.param_groups)


def test_where_only_the_last_layer_learns_there_is_one_rate(digits) -> None:
    config = small(**{"model.trains": "head", "optimizer.backbone_lr": 0.1})
    (group,) = new_state(config, open_data(config, digits, CPU), CPU).optimizer.param_groups
    assert group["lr"] == config.optimizer.lr and len(group["params"]) == 2


def test_an_optimizer_of_another_package_that_knows_one_rate_refuses_two(digits, monkeypatch) -> None:
    def build(settings, model, device):
        return torch.optim.Adagrad(learning(model), lr=settings.lr)

    monkeypatch.setitem(OPTIMIZERS.entries, "adam", replace(OPTIMIZERS["adam"], build=build))
    config = small(**{"optimizer.backbone_lr": 0.1})
    with pytest.raises(BadInput, match=r"backbone_lr is 0\.1, but adam learns with one rate for all layers"):
        new_state(config, open_data(config, digits, CPU), CPU)
    new_state(small(), open_data(small(), digits, CPU), CPU)


def test_the_lines_for_two_rates_are_what_one_would_write() -> None:
    config = RunConfig().replace({"optimizer.backbone_lr": 0.1})
    assert OPTIMIZERS["adam"].source(config.optimizer).splitlines() == [
        "layers = [layer for layer in model.modules() if list(layer.parameters(recurse=False))]",
        "head = list(layers[-1].parameters())",
        "backbone = [p for layer in layers[:-1] for p in layer.parameters(recurse=False)]",
        'groups = [{"params": head}, {"params": backbone, "lr": 0.0001}]',
        "optimizer = torch.optim.Adam(groups, lr=0.001, fused=True)",
    ]
