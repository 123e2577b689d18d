"""An explanation leaves the model alone, works on any run's model, and can be put to the test of random weights."""

import copy
import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import Problem
from core.insight.attribution import ATTRIBUTIONS
from core.insight.attribution.grad_cam import GradCamSettings
from core.insight.attribution.integrated_gradients import IntegratedGradientsSettings
from core.insight.explanation import draw_anew, explain, own_copy, rank_correlation, sanity_check
from core.loading.input_spec import InputSpec
from core.loading.pixels import from_images
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.store import Run
from core.runs.trained import Trained, load_model, trained_checkpoint
from core.training.model import build_model

SPEC = InputSpec(1, (12, 12), (0.5,), (0.25,), photos=False, reflect=False)
IMAGE = np.random.default_rng(2).integers(0, 256, (12, 12, 1)).astype(np.uint8)


def network(**changes: object) -> nn.Module:
    torch.manual_seed(1)
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return build_model(RunConfig().replace({"model.channels": [6, 8], **dotted}), SPEC, 4)


@pytest.fixture
def learnt(trained: Run, workspace) -> Trained:  # type: ignore[no-untyped-def]
    return load_model(trained_checkpoint(trained, workspace))


@pytest.mark.parametrize("name", ATTRIBUTIONS.entries)
def test_the_model_is_left_as_it_was(name: str) -> None:
    model = network(model__dropout=0.5).train()
    before = copy.deepcopy(model.state_dict())
    explain(model, IMAGE, SPEC, ATTRIBUTIONS[name].defaults())
    assert model.training and all(one.requires_grad and one.grad is None for one in model.parameters())
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert not any(layer._forward_hooks or layer._backward_hooks for layer in model.modules())


@pytest.mark.parametrize("name", ATTRIBUTIONS.entries)
def test_it_works_in_float32_and_evaluation_mode_whatever_the_run_was_trained_with(name: str) -> None:
    settings = ATTRIBUTIONS[name].defaults()
    plain = explain(network(model__dropout=0.5).eval(), IMAGE, SPEC, settings, target=2)
    kinds: list[Callable[[nn.Module], nn.Module]] = [
        lambda model: model.train(),
        lambda model: model.to(memory_format=torch.channels_last),
        lambda model: model.requires_grad_(False),
    ]
    for change in kinds:
        same = explain(change(network(model__dropout=0.5).eval()), IMAGE, SPEC, settings, target=2)
        np.testing.assert_allclose(same.values, plain.values, atol=1e-5)
    half = explain(network(model__dropout=0.5).bfloat16(), IMAGE, SPEC, settings, target=2)
    assert half.values.dtype == np.float32
    assert np.corrcoef(half.values.ravel(), plain.values.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("name", ATTRIBUTIONS.entries)
def test_that_nothing_speaks_for_a_class_is_said(name: str) -> None:
    model, settings = network().eval(), ATTRIBUTIONS[name].defaults()
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        last.weight[2] = 0
    found = explain(model, IMAGE, SPEC, settings, target=2)
    assert found.words.startswith("The map is empty: by this method nothing on this image speaks for this class.")
    check = sanity_check(model, IMAGE, SPEC, settings, found)
    assert check.words.startswith("The map of the learned weights is the same everywhere")
    against = dataclasses.replace(found, values=found.values - 1)
    assert "all that is coloured speaks against it" in against.words
    assert not dataclasses.replace(found, values=found.values + 1).empty_words


def test_it_is_the_score_before_the_softmax_that_is_explained_where_a_model_gives_log_probabilities() -> None:
    scores, logs = network(), network(loss__name="nll")
    with torch.no_grad():
        assert not torch.allclose(scores(torch.ones(1, 1, 12, 12)), logs(torch.ones(1, 1, 12, 12)))
    for settings in (GradCamSettings(), IntegratedGradientsSettings()):
        one, other = (explain(model, IMAGE, SPEC, settings, target=1) for model in (scores, logs))
        np.testing.assert_allclose(one.values, other.values, atol=1e-6)
        assert one.score == pytest.approx(other.score)


def test_what_works_in_place_does_not_overwrite_what_a_layer_put_out() -> None:
    def model(inplace: bool) -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(inplace=inplace), nn.Flatten(), nn.Linear(4 * 100, 3)
        ).eval()  # fmt: skip

    both = GradCamSettings(shown="both")
    np.testing.assert_array_equal(
        explain(model(True), IMAGE, SPEC, both, 0).values, explain(model(False), IMAGE, SPEC, both, 0).values
    )


def test_the_likeliest_class_is_explained_unless_another_is_asked_for() -> None:
    model = network().eval()
    found = explain(model, IMAGE, SPEC, GradCamSettings())
    with torch.no_grad():
        scores = model(from_images([IMAGE], SPEC, torch.device("cpu")))[0]
    assert found.target == found.predicted == int(scores.argmax())
    assert found.score == pytest.approx(float(scores.max()), rel=1e-5)
    other = explain(model, IMAGE, SPEC, GradCamSettings(), target=int(scores.argmin()))
    assert other.target == int(scores.argmin()) and not np.allclose(other.values, found.values)


def test_a_picture_of_any_size_is_explained_as_the_model_sees_it() -> None:
    large = np.random.default_rng(0).integers(0, 256, (50, 80, 3)).astype(np.uint8)
    found = explain(network(), large, SPEC, GradCamSettings())
    assert found.values.shape == (12, 12) and found.seen.shape == (12, 12, 1)


def test_a_model_without_numbers_is_a_sentence() -> None:
    model = network()
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(Problem, match="numbers became too large"):
        explain(model, IMAGE, SPEC, GradCamSettings())


def test_on_a_trained_run_integrated_gradients_add_up_within_one_per_cent(learnt: Trained, digits: Prepared) -> None:
    for index in range(0, 100, 10):
        found = explain(learnt.model, digits.image(index), learnt.spec, IntegratedGradientsSettings())
        assert found.completeness is not None
        total, wanted = found.completeness
        assert abs(total - wanted) <= 0.01 * abs(wanted)


@pytest.mark.parametrize("name", ["grad-cam", "integrated-gradients", "occlusion", "smoothgrad"])
def test_the_maps_of_a_trained_run_do_not_survive_random_weights(name: str, learnt: Trained, digits: Prepared) -> None:
    """Adebayo et al. 2018: the ranks of the strengths change with the weights."""
    settings, found = ATTRIBUTIONS[name].defaults(), []
    for index in range(8):
        image = digits.image(index)
        map_ = explain(learnt.model, image, learnt.spec, settings)
        check = sanity_check(learnt.model, image, learnt.spec, settings, map_, seed=index)
        assert check.random.target == map_.target
        found.append(check.correlation)
    numbers = [one for one in found if one is not None]
    assert len(numbers) >= 6 and abs(np.mean(numbers)) < 0.5, found


def test_strengths_of_integrated_gradients_keep_the_image_itself(learnt: Trained, digits: Prepared) -> None:
    """What the paper found: each share has the pixel's distance from the blank image as a factor, learnt or not. The
    number with the signs alone would not say so."""
    settings, image = IntegratedGradientsSettings(), digits.image(0)
    check = sanity_check(
        learnt.model, image, learnt.spec, settings, explain(learnt.model, image, learnt.spec, settings)
    )
    assert check.correlation is not None and check.strengths is not None
    assert check.strengths > 0.7 > check.correlation


def test_a_map_that_does_not_depend_on_the_weights_is_found_out(learnt: Trained, digits: Prepared) -> None:
    """The control of the test above: without new weights the ranks are the same."""
    map_ = explain(learnt.model, digits.image(3), learnt.spec, GradCamSettings())
    check = sanity_check(
        learnt.model, digits.image(3), learnt.spec, GradCamSettings(), map_, randomise=lambda model, seed: None
    )
    assert check.correlation == check.strengths == pytest.approx(1)


def test_random_weights_are_all_new_keep_their_spread_and_follow_from_the_seed() -> None:
    model, again, other = (own_copy(network()) for _ in range(3))
    before = copy.deepcopy(dict(model.named_parameters()))
    draw_anew(model, 0), draw_anew(again, 0), draw_anew(other, 1)
    for name, weights in model.named_parameters():
        if float(before[name].std()) > 0:  # fresh batch norms are all ones and all zeros
            assert not torch.isclose(weights, before[name]).any()
            assert not torch.equal(weights, dict(other.named_parameters())[name])
        assert torch.equal(weights, dict(again.named_parameters())[name])
        if weights.numel() > 100:
            assert float(weights.std()) == pytest.approx(float(before[name].std()), rel=0.3)


def test_random_weights_do_not_silence_a_wide_layer() -> None:
    """Its learned mean is far below 0: drawn around it, nearly no neuron would answer."""
    model = nn.Sequential(nn.Linear(400, 64), nn.ReLU(), nn.Linear(64, 3))
    with torch.no_grad():
        model[0].weight.copy_(0.05 * torch.randn(64, 400) - 0.1)
    draw_anew(model, 0)
    answers = torch.relu(model[0](torch.rand(8, 400)))
    assert 0.3 < float((answers > 0).float().mean()) < 0.7


def test_ranks_correlate_as_spearmans_and_a_flat_map_has_none() -> None:
    ramp = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert rank_correlation(ramp, ramp**3) == pytest.approx(1)
    assert rank_correlation(ramp, -ramp) == pytest.approx(-1)
    assert rank_correlation(ramp, np.zeros((3, 4), np.float32)) is None


def test_two_people_at_once_get_their_own_maps() -> None:
    """One model in the server answers all sessions; hooks of one must not see the images of another."""
    from concurrent.futures import ThreadPoolExecutor

    model = network().eval()
    images = [np.random.default_rng(seed).integers(0, 256, (12, 12, 1)).astype(np.uint8) for seed in range(24)]

    def work(image: np.ndarray) -> np.ndarray:
        return explain(model, image, SPEC, GradCamSettings(shown="both"), 1).values

    alone = [work(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(work, images), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
