"""The computed first layer: what it puts out is uncorrelated and evenly spread, and it stays as it is."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.errors import BadInput
from core.loading.input_spec import InputSpec
from core.models.families.whitened import WhitenedSettings, first_weights, whiten
from core.run_config import RunConfig
from core.training.data import open_data
from core.training.fit import fit
from core.training.model import build_model
from core.training.state import new_state

COLOUR = InputSpec(3, (16, 16), (0.0,) * 3, (1.0,) * 3, photos=False, reflect=True)


def smooth(count: int, channels: int = 3) -> torch.Tensor:
    """Images whose neighbouring pixels are alike, as in photographs."""
    noise = torch.randn(count, channels, 20, 20, generator=torch.Generator().manual_seed(0))
    return F.avg_pool2d(noise, 5, stride=1) * 5


@pytest.mark.parametrize("filters", [24, 13])
def test_patches_come_out_white(filters):
    images = smooth(400)
    model = build_model(RunConfig(model=WhitenedSettings(filters=filters)), COLOUR, 10)
    whiten(model[0], images)
    patches = F.unfold(images, 4, stride=4).transpose(0, 1).flatten(1)
    answers = model[0].weight.detach().flatten(1) @ patches
    half = (filters + 1) // 2
    assert np.allclose(np.cov(answers[:half]), np.eye(half), atol=0.05)
    assert torch.equal(model[0].weight[half:], -model[0].weight[: filters - half])


def test_the_first_layer_is_computed_once_and_then_stays(digits):
    config = RunConfig(model=WhitenedSettings(patch=2, stride=1, filters=8, channels=(8, 16))).replace(
        {"training.epochs": 2, "training.batch_size": 64, "data.limit": 400, "optimizer.lr": 0.01}
    )
    data = open_data(config, digits, torch.device("cpu"))
    state = new_state(config, data, torch.device("cpu"))
    untrained = build_model(config, data.spec, 10)[0].weight
    before = state.model[0].weight.clone()
    assert not torch.equal(before, untrained)
    losses = [event.train.loss for event in fit(config, data, state) if getattr(event, "train", None)]
    assert losses[1] < losses[0]
    assert torch.equal(state.model[0].weight, before) and not state.model[0].weight.requires_grad


def test_more_filters_than_patterns_is_a_sentence():
    grey = InputSpec(1, (16, 16), (0.0,), (1.0,), photos=False, reflect=False)
    with pytest.raises(BadInput, match="a patch of 2×2 pixels in grey has only 4 patterns; allowed: at most 8"):
        build_model(RunConfig(model=WhitenedSettings(patch=2)), grey, 10)


def test_too_many_blocks_is_a_sentence():
    with pytest.raises(BadInput, match=r"an image of 16×16 pixels becomes too small in block 4"):
        build_model(RunConfig(model=WhitenedSettings(channels=(8,) * 4)), COLOUR, 10)


@pytest.mark.parametrize("filters", [24, 13])
def test_the_lines_of_a_script_compute_the_same_bits(filters):
    settings, sample = WhitenedSettings(filters=filters), smooth(100)
    ours = build_model(RunConfig(model=settings), COLOUR, 10)[0]
    theirs = SimpleNamespace(conv1=copy.deepcopy(ours))
    whiten(ours, sample)
    exec(first_weights(settings, "model"), {"torch": torch, "F": F, "sample": sample, "model": theirs})
    assert torch.equal(theirs.conv1.weight, ours.weight) and not theirs.conv1.weight.requires_grad
