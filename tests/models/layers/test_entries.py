"""Every kind of layer, unasked: words, a shortest form, and a network that learns and goes on where it stopped."""

import pytest
import torch

from core.models.layers import LAYERS
from core.models.layers.text import layer_text, read_layer
from core.run_config import RunConfig
from core.settings.fields import bounds, hints
from tests.models.layers.lists import EVERY_LAYER
from tests.training.contract import check_it_learns, check_it_resumes, small


@pytest.mark.parametrize("name", LAYERS.entries)
def test_has_words_and_ranges_for_a_form(name: str) -> None:
    spec = LAYERS[name]
    assert spec.title and spec.about.endswith(".") and spec.defaults().name == name
    assert layer_text(read_layer(name)).split()[0] == name and read_layer(name) == spec.defaults()
    assert read_layer(spec.usual or name).name == name
    for key, info in spec.settings.model_fields.items():
        if key != "name":
            assert info.title and info.description and None not in bounds(info)
            assert hints(info)["too_high"] and hints(info)["too_low"], f"{name} does not say what is wrong with {key}"


def own(layers: str) -> RunConfig:
    return small().replace({"model.name": "layers", "model.layers": layers})


def test_a_list_with_every_kind_is_tried_below() -> None:
    used = {one.split()[0] for one in EVERY_LAYER.split(", ")} | {"global_avg_pool"}
    assert used == set(LAYERS.entries)


@pytest.mark.parametrize("layers", [EVERY_LAYER, "conv 8 3 padding=1, relu, residual 12 stride=2, global_avg_pool"])
def test_it_goes_on_in_the_middle_of_an_epoch_to_the_same_bits(digits, monkeypatch, tmp_path, layers: str) -> None:
    check_it_resumes(digits, own(layers), monkeypatch, tmp_path)


def test_it_learns(digits) -> None:
    check_it_learns(digits, own("conv 8 3 padding=1, batch_norm, relu, residual 12 stride=2, global_avg_pool"))


def test_the_residual_block_is_that_of_torchvision() -> None:
    from torchvision.models.resnet import BasicBlock

    from core.models.layers._residual_block import ResidualBlock

    torch.manual_seed(0)
    for inputs, outputs, stride in ((6, 6, 1), (6, 10, 2)):
        ours, down = ResidualBlock(inputs, outputs, stride).eval(), None
        if stride != 1:
            down = torch.nn.Sequential(
                torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False), torch.nn.BatchNorm2d(outputs)
            )
        theirs = BasicBlock(inputs, outputs, stride, down).eval()
        state = {key.replace("shortcut", "downsample"): value for key, value in ours.state_dict().items()}
        theirs.load_state_dict(state)
        images = torch.randn(2, inputs, 9, 7)
        with torch.no_grad():
            assert torch.equal(ours(images), theirs(images))
