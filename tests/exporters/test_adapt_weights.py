"""Weights that were saved elsewhere."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from core.exporters.adapt_weights import BESIDE, COUNTERS, ORDER, PRECISION, PREFIX, SHAPES, adapted, alike_in_shapes

State = dict[str, Tensor]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))


OWN = ("conv1", "bn1", "flat", "fc")


def own_names(state: State) -> State:
    return {f"{OWN[int(name[0])]}{name[1:]}": tensor for name, tensor in state.items()}


def prefixed(*prefixes: str) -> Callable[[State], State]:
    return lambda state: {"".join(prefixes) + name: tensor for name, tensor in state.items()}


def of_type(kind: torch.dtype) -> Callable[[State], State]:
    return lambda state: {name: t.to(kind) if t.is_floating_point() else t for name, t in state.items()}


def without_counters(state: State) -> State:
    return {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (dict, []),
        (prefixed("module."), [PREFIX]),
        (prefixed("_orig_mod.", "module."), [PREFIX]),
        (prefixed("model."), [PREFIX]),
        (lambda state: {"n_averaged": torch.tensor(3)} | prefixed("module.")(state), [PREFIX]),  # AveragedModel
        (lambda state: {"criterion.weight": torch.ones(3)} | prefixed("model.")(state), [PREFIX, BESIDE]),
        (lambda state: {name: tensor.float() for name, tensor in state.items()}, [PRECISION]),
        (of_type(torch.float64), [PRECISION]),
        (of_type(torch.float16), [PRECISION]),
        (of_type(torch.bfloat16), [PRECISION]),
        (without_counters, [COUNTERS]),
        (own_names, [ORDER]),
        (lambda state: own_names(without_counters(state)), [ORDER, COUNTERS]),
        (lambda state: prefixed("module.")(own_names(of_type(torch.float64)(state))), [ORDER, PRECISION]),
    ],
)
def test_it_answers_as_where_it_was_saved(change: Callable[[State], State], told: list[str]) -> None:
    model = network()
    model.train()(torch.randn(8, 1, 4, 4))  # so that batch norm has something to remember
    given = change(model.state_dict())
    found, changes = adapted(given, list(given), network().state_dict())
    assert changes == told
    fresh = network()
    fresh.load_state_dict(found)
    images = torch.randn(5, 1, 4, 4)
    torch.testing.assert_close(fresh.eval()(images), model.eval()(images), rtol=0.02, atol=0.02)


def test_other_shapes_or_another_order_are_left_for_the_refusal() -> None:
    state = own_names(network().state_dict())
    turned = dict(reversed(state.items()))
    larger = {name: torch.zeros([size + 1 for size in tensor.shape]) for name, tensor in state.items()}
    for given in (turned, larger):
        found, changes = adapted(given, list(given), network().state_dict())
        assert list(found) == list(given) and changes == []


def test_layers_without_an_order_are_matched_where_each_has_its_own_shapes() -> None:
    model = network()
    given = dict(sorted(own_names(without_counters(model.state_dict())).items()))
    assert next(iter(given)).startswith("bn1")
    found, changes = adapted(given, None, network().state_dict())
    assert changes == [SHAPES, COUNTERS]
    assert all(torch.equal(found[name], tensor) for name, tensor in model.state_dict().items())


def test_layers_without_an_order_of_the_same_shapes_are_left_for_the_refusal() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    given = {f"fc{name[0]}{name[1:]}": tensor for name, tensor in model.state_dict().items()}
    found, changes = adapted(given, None, model.state_dict())
    assert list(found) == list(given) and changes == []
    assert alike_in_shapes(found, model.state_dict())
    assert not alike_in_shapes({"fc.weight": torch.zeros(4, 4)}, model.state_dict())
