"""Every model in the registry, unasked: it builds for small and grey and large and coloured images, and learns."""

import pytest
import torch
from torch import nn

from core.errors import BadInput, Problem
from core.loading.input_spec import InputSpec
from core.models import model_spec, model_specs
from core.models.build import multiply_adds
from core.models.families import vision
from core.models.families.cnn import CNNSettings
from core.models.families.mlp import MLPSettings
from core.models.layers.text import joined
from core.run_config import RunConfig
from core.training.model import build_model, model_source
from tests.models.layers.lists import EVERY_LAYER


def spec_of(channels: int, side: int) -> InputSpec:
    return InputSpec(channels, (side, side), (0.0,) * channels, (1.0,) * channels, photos=False, reflect=False)


@pytest.mark.parametrize("name", list(model_specs()))
@pytest.mark.parametrize("channels,side", [(1, 8), (3, 32), (3, 96)])
def test_builds_and_answers(name, channels, side):
    config = RunConfig(model=model_spec(name).defaults())
    model = build_model(config, spec_of(channels, side), 7).eval()
    with torch.no_grad():
        answer = model(torch.randn(2, channels, side, side))
    assert answer.shape == (2, 7) and answer.isfinite().all()


@pytest.mark.parametrize("name", list(model_specs()))
def test_has_words_for_people(name):
    spec = model_spec(name)
    assert spec.title and spec.about.endswith(".") and spec.defaults().name == name


def test_the_mlp_of_the_tutorial():
    model = build_model(RunConfig(model=MLPSettings(widths=(64, 64, 64))), spec_of(1, 28), 10)
    assert sum(p.numel() for p in model.parameters()) == 784 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 10 + 10
    assert [type(layer).__name__ for layer in model] == ["Flatten", *["Linear", "ReLU"] * 3, "Linear"]


def test_the_cnn_of_the_tutorial_has_6272_features():
    settings = CNNSettings(channels=(64, 128), widths=(1024,), dropout=0.5)
    model = build_model(RunConfig(model=settings), spec_of(1, 28), 10)
    kinds = [type(layer).__name__ for layer in model]
    assert kinds == [
        *["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"] * 2, "Flatten", "Linear", "ReLU", "Dropout", "Linear",
    ]  # fmt: skip
    assert model[9].in_features == 6272


AS_LAYERS = (
    CNNSettings(),
    CNNSettings(channels=(8, 16), kernel_size=5, padding=0, batch_norm=False, activation="tanh", dropout=0.3),
    CNNSettings(channels=(), widths=()),
    MLPSettings(widths=(20, 10), activation="gelu", dropout=0.25),
    MLPSettings(widths=()),
)


@pytest.mark.parametrize("settings", AS_LAYERS)
def test_the_same_network_as_own_layers(settings: CNNSettings | MLPSettings) -> None:
    rows = model_spec(settings.name).as_layers(settings)
    own = RunConfig().replace({"model.name": "layers", "model.layers": joined(rows)})
    made, same = (build_model(config, spec_of(3, 28), 7) for config in (RunConfig(model=settings), own))
    assert repr(same) == repr(made)


def test_nll_ends_in_log_probabilities():
    config = RunConfig(model=MLPSettings()).replace({"loss.name": "nll"})
    with torch.no_grad():
        answer = build_model(config, spec_of(1, 8), 10)(torch.randn(3, 1, 8, 8))
    assert torch.allclose(answer.exp().sum(1), torch.ones(3))


def test_too_many_blocks_for_the_image_is_a_sentence():
    config = RunConfig(model=CNNSettings(channels=(8,) * 5))
    with pytest.raises(
        BadInput, match=r"model\.channels has 5 blocks, but an image of 8×8 pixels becomes too small in block 4"
    ):
        build_model(config, spec_of(1, 8), 10)


def test_small_images_keep_their_size_in_the_stem():
    config = RunConfig(model=model_spec("resnet18").defaults())
    small, large = (build_model(config, spec_of(3, side), 10) for side in (32, 224))
    assert small.conv1.stride == (1, 1) and isinstance(small.maxpool, nn.Identity)
    assert large.conv1.stride == (2, 2) and isinstance(large.maxpool, nn.MaxPool2d)


def test_head_alone_learns():
    config = RunConfig().replace({"model.name": "resnet18", "model.trains": "head"})
    model = build_model(config, spec_of(3, 64), 2)
    assert [name for name, p in model.named_parameters() if p.requires_grad] == ["fc.weight", "fc.bias"]


def test_imagenet_weights_from_a_file_placed_by_hand(tmp_path, monkeypatch):
    from torchvision.models import get_model

    monkeypatch.setenv("EPOCHLAB_DATA", str(tmp_path))
    torch.manual_seed(1)
    original = get_model("resnet18", weights=None)
    (tmp_path / "weights").mkdir()
    torch.save(original.state_dict(), tmp_path / "weights" / vision.weights_file("resnet18")[1])
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet"})
    model = build_model(config, spec_of(3, 224), 2)
    assert torch.equal(model.conv1.weight, original.conv1.weight)
    assert model.fc.out_features == 2


def test_weights_that_cannot_be_had_offer_two_ways_on(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHLAB_DATA", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    file = "resnet18-f37072fd.pth"
    monkeypatch.setattr(vision, "weights_file", lambda name: (f"http://127.0.0.1:9/{file}", file))
    config = RunConfig().replace({"model.name": "resnet18", "model.weights": "imagenet"})
    with pytest.raises(Problem) as caught:
        build_model(config, spec_of(3, 224), 2)
    assert str(tmp_path / "weights" / "resnet18-f37072fd.pth") in str(caught.value)
    assert "model.weights=random" in str(caught.value)


def test_multiply_adds_of_a_known_net():
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Flatten(), nn.Linear(4 * 64, 10))
    assert multiply_adds(model, spec_of(1, 8)) == 4 * 9 * 64 + 4 * 64 * 10


@pytest.mark.parametrize("changes", [
    {"model.name": "mlp", "loss.name": "nll"}, {"model.name": "cnn", "model.dropout": 0.2},
    {"model.name": "cnn", "model.batch_norm": True, "model.activation": "gelu"}, {"model.name": "whitened_cnn"},
    {"model.name": "resnet18"}, {"model.name": "mobilenet_v3_small", "loss.name": "nll"},
    {"model.name": "efficientnet_b0"}, {"model.name": "layers", "model.layers": EVERY_LAYER, "loss.name": "nll"},
])  # fmt: skip
def test_the_source_builds_the_same_model(changes):
    import torchvision

    config, spec = RunConfig().replace(changes), spec_of(1, 32)
    model = build_model(config, spec, 5)
    names = {"torch": torch, "nn": nn, "torchvision": torchvision}
    exec(model_source(config, spec, 5), names)
    names["model"].load_state_dict(model.state_dict())
    images = torch.randn(2, 1, 32, 32)
    with torch.no_grad():
        assert torch.equal(names["model"].eval()(images), model.eval()(images))


def test_a_broken_weights_file_is_a_sentence(tmp_path):
    (tmp_path / vision.weights_file("resnet18")[1]).write_bytes(b"not weights")
    with pytest.raises(Problem, match="is not the weights file"):
        vision.load_imagenet("resnet18", tmp_path)


def test_registry_refuses_what_it_does_not_know():
    with pytest.raises(BadInput, match="unknown model 'resent'; have: mlp, cnn, efficientnet_lite0, layers, resnet18"):
        model_spec("resent")
