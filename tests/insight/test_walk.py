"""What each layer makes of an image is what the network computes, and the units' favourites are the strongest."""

import numpy as np
import pytest
import torch
from torch import nn

from core.insight.walk import as_pictures, excited, first_filters, histogram, walk
from core.loading.input_spec import InputSpec
from core.loading.pixels import from_images
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.training.model import build_model, input_spec_of

CPU = torch.device("cpu")


@pytest.fixture
def small(digits: Prepared) -> tuple[nn.Module, InputSpec]:
    config = RunConfig().replace({"model.channels": [6, 9]})
    spec = input_spec_of(config, digits.meta)
    torch.manual_seed(0)
    return build_model(config, spec, 10).eval(), spec


def test_a_walk_passes_every_layer_with_the_networks_own_numbers(
    small: tuple[nn.Module, InputSpec], digits: Prepared
) -> None:
    model, spec = small
    assert isinstance(model, nn.Sequential)
    layers = walk(model, digits.image(5), spec)
    assert [layer.name for layer in layers] == [str(number) for number in range(len(model))]
    values = from_images([digits.image(5)], spec, CPU)
    for layer, module in zip(layers, model, strict=True):
        before = tuple(values.shape[1:])
        with torch.no_grad():
            values = module(values)
        assert (layer.input, layer.output, layer.kind) == (before, tuple(values.shape[1:]), type(module).__name__)
        np.testing.assert_allclose(layer.values, values[0].numpy(), atol=1e-6)
        weights = getattr(module, "weight", None)
        assert (layer.weights is None) == (weights is None)
    assert not any(module._forward_hooks for module in model.modules())


def test_what_works_in_place_does_not_change_what_came_before_it() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(2 * 36, 3))
    spec = InputSpec(1, (8, 8), (0.5,), (0.2,), photos=False, reflect=False)
    first, second, *_ = walk(model, np.random.default_rng(0).integers(0, 255, (8, 8, 1)).astype(np.uint8), spec)
    assert first.values.min() < 0 == second.values.min()
    np.testing.assert_array_equal(np.maximum(first.values, 0), second.values)


def test_the_first_convolutions_filters_are_pictures_of_its_weights(small: tuple[nn.Module, InputSpec]) -> None:
    model, spec = small
    filters = first_filters(walk(model, np.zeros((8, 8, 1), np.uint8), spec))
    assert filters is not None and filters.shape == (6, 1, 3, 3)
    pictures = as_pictures(filters, together=True)
    assert pictures.shape == (6, 3, 3, 1)
    assert np.all((pictures[..., 0] > 128) == (filters[:, 0] > 0.5 / 127.5 * np.abs(filters).max()))
    most = np.unravel_index(np.abs(filters[:, 0]).argmax(), filters[:, 0].shape)
    assert pictures[..., 0][most] in (0, 255)
    flat = walk(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), np.zeros((8, 8, 1), np.uint8), spec)
    assert first_filters(flat) is None


def test_each_map_is_stretched_by_itself_and_a_flat_one_is_dark() -> None:
    maps = np.array([[[[0, 2], [1, 4]]], [[[3, 3], [3, 3]]]], np.float32)
    first, second = as_pictures(maps)
    assert first[..., 0].tolist() == [[0, 128], [64, 255]] and not second.any()


def test_a_histogram_counts_every_value_once() -> None:
    values = np.concatenate([np.zeros(30), np.linspace(-1, 1, 70)]).astype(np.float32)
    found = histogram(values)
    assert found.shares.sum() == pytest.approx(1) and found.zeros == pytest.approx(0.3)
    assert found.middles[0] > -1 and found.middles[-1] < 1 and found.shares.argmax() == len(found.shares) // 2


def test_the_images_that_excite_a_unit_most_are_the_strongest_of_all_that_were_searched(
    small: tuple[nn.Module, InputSpec], digits: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.insight import walk as module

    model, spec = small
    monkeypatch.setattr(module, "SEARCHED_FLOATS", 5000)  # several batches
    indices = digits.indices("test")[:90]
    seen: list[tuple[int, int]] = []
    found = excited(model, "2", digits, indices, spec, lambda done, total: seen.append((done, total)))
    assert len(seen) > 3 and seen[-1] == (90, 90)
    with torch.no_grad():
        maps = model[:3](from_images([digits.image(int(i)) for i in indices], spec, CPU))  # type: ignore[index]
    by_hand = maps.flatten(2).amax(2).numpy()
    np.testing.assert_allclose(found.values, by_hand, atol=1e-6)
    best = found.most(4, 3)
    assert [index for index, _ in best] == [int(indices[i]) for i in np.argsort(-by_hand[:, 4], kind="stable")[:3]]
    assert best[0][1] == pytest.approx(float(by_hand[:, 4].max()), abs=1e-6)
    flat = excited(model, str(len(model) - 1), digits, indices, spec)  # type: ignore[arg-type]
    assert flat.values.shape == (90, 10)
