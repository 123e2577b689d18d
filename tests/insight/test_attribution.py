"""Every method of attribution against a computation of its own, over every family of models."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import BadInput
from core.insight.attribution import ATTRIBUTIONS
from core.insight.attribution.grad_cam import GradCamSettings
from core.insight.attribution.integrated_gradients import IntegratedGradientsSettings
from core.insight.attribution.occlusion import OcclusionSettings
from core.insight.attribution.smooth_grad import SmoothGradSettings
from core.insight.explanation import explain
from core.loading.input_spec import InputSpec
from core.loading.pixels import from_images
from core.models.layers.text import canonical
from core.run_config import RunConfig
from core.training.model import build_model
from tests.conftest import but_for

# Each convolutional family at a small size, and its last convolution as one reads it in the family's own code.
FAMILIES = {
    "cnn": (1, 28, "4", {}),
    "layers": (1, 28, "5.conv2", {"model.layers": "conv 8 3 padding=1, relu, max_pool 2, conv 8 3, relu, residual 16 "
                                   "stride=2, global_avg_pool"}),
    "whitened_cnn": (3, 32, "6", {}),
    "resnet18": (3, 32, "layer4.1.conv2", {}),
    "mobilenet_v3_small": (3, 64, "features.12.0", {}),
    "efficientnet_b0": (3, 64, "features.8.0", {}),
    "efficientnet_lite0": (3, 64, "1.1", {"model.trains": "head"}),
}  # fmt: skip
DEEP = ("resnet18", "efficientnet_b0", "efficientnet_lite0")  # some seconds each


def spec_of(channels: int, side: int) -> InputSpec:
    return InputSpec(channels, (side, side), (0.5,) * channels, (0.25,) * channels, photos=False, reflect=False)


def picture(channels: int, side: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (side, side, channels)).astype(np.uint8)


def made(name: str) -> tuple[nn.Module, np.ndarray, InputSpec, str]:
    """A model with weights that make a difference, an image for it, and its last convolution."""
    channels, side, last, changes = FAMILIES[name]
    spec = spec_of(channels, side)
    torch.manual_seed(3)
    config = RunConfig().replace({"model.name": name}).replace(changes)
    model = build_model(config, spec, 10)
    model.train()
    with torch.no_grad():  # batch norms that fit the weights, or the numbers die away in the deep ones
        for _ in range(20):
            model(torch.randn(16, channels, side, side))
    return model.eval(), picture(channels, side), spec, last


def grad_cam_by_hand(model: nn.Module, layer: str, inputs: Tensor, target: int) -> Tensor:
    """(h, w), from the paper's equations 1 and 2."""
    kept: dict[str, Tensor] = {}

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        kept["maps"] = output
        return output.clone()  # what follows may work in place

    hook = model.get_submodule(layer).register_forward_hook(keep)
    score = model(inputs.clone().requires_grad_())[0, target]
    hook.remove()
    (gradient,) = torch.autograd.grad(score, kept["maps"])
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * kept["maps"]).sum(1)[0].relu().detach()


@pytest.mark.parametrize("family", but_for(FAMILIES, DEEP))
def test_grad_cam_is_the_papers_on_the_last_convolution_of_every_family(family: str) -> None:
    model, image, spec, last = made(family)
    found = explain(model, image, spec, GradCamSettings(), target=4)
    inputs = from_images([image], spec, torch.device("cpu"))
    by_hand = grad_cam_by_hand(model, last, inputs, 4)
    assert found.layer == last
    scale = float(by_hand.max()) or 1.0
    np.testing.assert_allclose(found.coarse / scale, by_hand.numpy() / scale, atol=1e-5)
    large = F.interpolate(by_hand[None, None], spec.size, mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(found.values / scale, large.numpy() / scale, atol=1e-5)


def test_grad_cam_with_both_signs_is_captums() -> None:
    from captum.attr import LayerGradCam

    model, image, spec, last = made("resnet18")
    for layer in (last, "layer3"):
        both = explain(model, image, spec, GradCamSettings(layer=layer, shown="both"), target=2)
        inputs = from_images([image], spec, torch.device("cpu"))
        captums = LayerGradCam(model, model.get_submodule(layer)).attribute(inputs.requires_grad_(), 2)
        np.testing.assert_allclose(both.coarse, captums[0, 0].detach().numpy(), atol=1e-5)


def test_grad_cam_lights_up_where_the_class_is() -> None:
    """A model whose first class is light on the left, and the second light on the right."""
    model = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(64, 2))
    with torch.no_grad():
        model[0].weight.fill_(0).view(9)[4] = 1
        weights = model[3].weight.fill_(0).view(2, 8, 8)
        weights[0, :, :4], weights[1, :, 4:] = 1, 1
    image = np.zeros((8, 8, 1), np.uint8)
    image[:, :2] = 255
    spec = InputSpec(1, (8, 8), (0.0,), (1.0,), photos=False, reflect=False)
    left = explain(model, image, spec, GradCamSettings())
    assert left.predicted == left.target == 0 and left.values[:, :2].min() > 0.2 and left.values[:, 3:].max() == 0
    covered = explain(model, image, spec, OcclusionSettings(window=0.25))
    assert covered.values[:, :2].min() > 0 and covered.values[:, 4:].max() == 0
    other = explain(model, image, spec, OcclusionSettings(window=0.25), target=1)
    assert np.abs(other.values).max() == 0


@pytest.mark.parametrize("layers", ["flatten, dense 16, relu", "flatten"])
def test_a_model_without_a_convolution_is_refused_in_a_sentence_by_grad_cam_alone(layers: str) -> None:
    spec = spec_of(1, 8)
    model = build_model(RunConfig().replace({"model.name": "layers", "model.layers": canonical(layers)}), spec, 3)
    for name, method in ATTRIBUTIONS.entries.items():
        if name == "grad-cam":
            with pytest.raises(BadInput, match=r"no convolution\. Choose another method"):
                explain(model, picture(1, 8), spec, method.defaults())
        else:
            assert np.abs(explain(model, picture(1, 8), spec, method.defaults()).values).max() > 0


def test_grad_cam_names_the_layers_that_have_feature_maps() -> None:
    model, image, spec, _ = made("cnn")
    with pytest.raises(BadInput, match="which is no layer of this model with feature maps; have: 0, 1, 2"):
        explain(model, image, spec, GradCamSettings(layer="9"))


@pytest.mark.parametrize("family", ["cnn", "layers", "whitened_cnn"])
def test_integrated_gradients_add_up_to_the_scores_difference_within_one_per_cent(family: str) -> None:
    model, image, spec, _ = made(family)
    settings = IntegratedGradientsSettings(blank="grey", steps=1024)
    found = explain(model, image, spec, settings, target=1)
    grey = np.full_like(image, 128)
    with torch.no_grad():
        scores = model(from_images([image, grey], spec, torch.device("cpu")))[:, 1]
    difference = float(scores[0] - scores[1])
    assert abs(difference) > 0.02
    assert float(found.values.sum()) == pytest.approx(difference, rel=0.01)
    assert found.completeness == pytest.approx((float(found.values.sum()), difference), rel=1e-4)


def test_integrated_gradients_of_a_linear_model_are_weight_times_difference() -> None:
    spec = InputSpec(1, (6, 6), (0.0,), (1.0,), photos=False, reflect=False)
    model, image = nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), picture(1, 6)
    found = explain(model, image, spec, IntegratedGradientsSettings(blank="white"), target=2)
    weights = model[1].weight[2].detach().numpy().reshape(6, 6)
    np.testing.assert_allclose(found.values, weights * (image[..., 0] / 255 - 1), atol=1e-6)


def test_too_few_steps_leave_a_difference_that_is_told() -> None:
    model, image, spec, _ = made("cnn")
    found = explain(model, image, spec, IntegratedGradientsSettings(steps=8), target=1)
    assert found.completeness is not None
    total, wanted = found.completeness
    assert total == pytest.approx(float(found.values.sum()), rel=1e-4) and total != wanted


def test_occlusion_is_the_fall_of_the_score_averaged_over_the_squares_that_cover_a_pixel() -> None:
    model, image, spec, _ = made("cnn")
    found = explain(model, image, spec, OcclusionSettings(blank="white", window=0.25), target=5)
    side, stride = 7, 3
    inputs = from_images([image], spec, torch.device("cpu"))
    white = (1 - 0.5) / 0.25
    fall, covers = np.zeros((28, 28)), np.zeros((28, 28))
    with torch.no_grad():
        whole = float(model(inputs)[0, 5])
        for top in range(0, 28 - side + 1, stride):
            for left in range(0, 28 - side + 1, stride):
                covered = inputs.clone()
                covered[..., top : top + side, left : left + side] = white
                square = np.s_[top : top + side, left : left + side]
                fall[square] += whole - float(model(covered)[0, 5])
                covers[square] += 1
    np.testing.assert_allclose(found.values, fall / covers, atol=1e-4)


def test_smoothgrad_without_noise_is_the_gradient_and_with_noise_always_the_same() -> None:
    model, image, spec, _ = made("cnn")
    inputs = from_images([image], spec, torch.device("cpu")).requires_grad_()
    (gradient,) = torch.autograd.grad(model(inputs)[0, 3], inputs)
    plain = explain(model, image, spec, SmoothGradSettings(noise=0, samples=3), target=3)
    np.testing.assert_allclose(plain.values, gradient.abs().amax(1)[0].numpy(), atol=1e-6)
    before = torch.get_rng_state()
    noisy = [explain(model, image, spec, SmoothGradSettings(samples=8), target=3).values for _ in range(2)]
    np.testing.assert_array_equal(*noisy)
    assert np.abs(noisy[0] - plain.values).max() > 1e-4
    assert torch.equal(before, torch.get_rng_state())  # nobody else's random numbers change
    other = explain(model, image, spec, SmoothGradSettings(samples=8, seed=1), target=3).values
    assert np.abs(noisy[0] - other).max() > 1e-5


@pytest.mark.parametrize("name", ATTRIBUTIONS.entries)
def test_every_method_says_what_it_is_shows_progress_and_can_be_stopped(name: str) -> None:
    method = ATTRIBUTIONS[name]
    assert method.title and method.about and method.limits and "arXiv" in method.reference
    model, image, spec, _ = made("cnn")
    seen: list[tuple[int, int]] = []
    found = explain(model, image, spec, method.defaults(), observe=lambda done, total: seen.append((done, total)))
    assert found.values.shape == (28, 28) and found.values.dtype == np.float32 and found.method == name
    assert seen[-1][0] == seen[-1][1] and [done for done, _ in seen] == sorted(done for done, _ in seen)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain(model, image, spec, method.defaults(), observe=stop)


@pytest.mark.parametrize("name", ["integrated-gradients", "occlusion", "smoothgrad"])
def test_few_images_are_shown_at_once_where_a_model_puts_out_much(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the model and however many steps: the memory is bounded, and the map is the same."""
    from core.insight import explanation

    model, image, spec, _ = made("cnn")
    together: list[int] = []

    class Counted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, images: Tensor) -> Tensor:
            together.append(len(images))
            answer: Tensor = self.model(images)
            return answer

    settings = ATTRIBUTIONS[name].defaults()
    at_once = explain(Counted(), image, spec, settings, target=1).values
    assert max(together) > 4
    together.clear()
    monkeypatch.setattr(explanation, "ACTIVATION_FLOATS", 4 * 200_000)
    few = explain(Counted(), image, spec, settings, target=1).values
    assert max(together) <= 8  # captum asks for both ends of a step, or a blank image, with them
    if name != "smoothgrad":  # whose noise is drawn with each batch
        np.testing.assert_allclose(at_once, few, atol=1e-4)
