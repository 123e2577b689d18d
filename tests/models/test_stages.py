"""The stages of every network: together they are the network, and what is frozen stays as it is."""

import pytest
import torch
from torch import nn

from core.errors import BadInput
from core.loading.input_spec import InputSpec
from core.models import model_specs
from core.models.stages import head_of, plain_stages, split
from core.run_config import RunConfig
from core.training.model import build_model
from tests.models.layers.lists import EVERY_LAYER

SIDE = 32
SPEC = InputSpec(3, (SIDE, SIDE), (0.5,) * 3, (0.5,) * 3, photos=False, reflect=False)


def config(name: str, trains: str, **changes: object) -> RunConfig:
    own = {"model.layers": EVERY_LAYER} if name == "layers" else {}
    own |= {"model.dropout": 0.5} if name in ("mlp", "cnn") else {}
    return RunConfig().replace({"model.name": name, **own, "model.trains": trains, **changes})


def model_of(name: str, trains: str, **changes: object) -> tuple[RunConfig, nn.Module]:
    torch.manual_seed(0)
    settings = config(name, trains, **changes)
    return settings, build_model(settings, SPEC, 4)


def images(count: int = 6) -> torch.Tensor:
    return torch.randn(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("trains", "loss"), [(trains, "cross_entropy") for trains in ("head", "last_block", "all")] + [("head", "nll")]
)  # the layer that a loss adds is the last one, whatever trains
@pytest.mark.parametrize("name", list(model_specs()))
def test_both_parts_in_their_order_are_the_network(name: str, trains: str, loss: str) -> None:
    settings, model = model_of(name, trains, **{"loss.name": loss})
    frozen, learning = split(model.eval(), settings.model)
    with torch.inference_mode():
        assert torch.equal(learning(frozen(images())), model(images()))
    assert not any(weight.requires_grad for weight in frozen.parameters())
    assert bool(list(frozen.parameters())) == (trains != "all")
    ids = {id(weight) for part in (frozen, learning) for weight in part.parameters()}
    assert ids == {id(weight) for weight in model.parameters()}


@pytest.mark.parametrize("trains", ["head", "last_block"])
@pytest.mark.parametrize("name", list(model_specs()))
def test_what_is_frozen_does_not_drift_in_training(name: str, trains: str) -> None:
    settings, model = model_of(name, trains)
    frozen, _learning = split(model, settings.model)
    model.train()
    own_layers = set(model.modules())
    assert not any(layer.training for part in frozen for layer in part.modules() if layer in own_layers)
    assert not any(isinstance(layer, nn.Dropout) for layer in list(frozen)[-1:]), "a dropout before the head is its own"
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], 0.1)
    nn.functional.cross_entropy(model(images()), torch.arange(6) % 4).backward()
    optimizer.step()
    after = model.state_dict()
    kept = {id(tensor) for tensor in [*frozen.parameters(), *frozen.buffers()]}
    own = dict(model.named_parameters()) | dict(model.named_buffers())
    for key, tensor in after.items():
        assert id(own[key]) not in kept or torch.equal(tensor, before[key]), key
    assert any(not torch.equal(tensor, before[key]) for key, tensor in after.items())


@pytest.mark.parametrize("name", list(model_specs()))
def test_each_stage_lets_more_layers_learn_and_the_head_is_the_last(name: str) -> None:
    learning = []
    for trains in ("head", "last_block", "all"):
        _settings, model = model_of(name, trains)
        learning.append(sum(weight.numel() for weight in model.parameters() if weight.requires_grad))
    assert learning[0] < learning[1] <= learning[2]
    _settings, model = model_of(name, "head")
    head = head_of(model)
    assert isinstance(head, nn.Linear) and head.out_features == 4
    assert learning[0] == sum(weight.numel() for weight in head.parameters())


def test_the_last_block_of_a_resnet_is_its_fourth_group() -> None:
    _settings, model = model_of("resnet18", "last_block")
    learning = {name.split(".")[0] for name, weight in model.named_parameters() if weight.requires_grad}
    assert learning == {"layer4", "fc"}


def test_a_network_of_one_layer_is_all_head() -> None:
    stages = plain_stages(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    assert (len(stages.body), len(stages.last_block), len(stages.head)) == (0, 1, 1)


def test_a_network_of_an_extension_without_stages_is_told() -> None:
    with pytest.raises(BadInput, match=r"cannot be frozen by stages; allowed: model\.trains=all"):
        plain_stages(nn.Linear(4, 2))
