"""Every loss of the registry, unasked: it is made small, takes class numbers and shares, and is told in PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import BadInput
from core.run_config import RunConfig
from core.training import preflight
from core.training.data import open_data
from core.training.events import EpochMetrics
from core.training.fit import StepAccumulator, build_loss
from core.training.losses import LOSSES
from core.training.losses.weighted import class_weights
from core.training.model import build_model
from core.training.state import new_state
from tests.training.contract import CPU, both, check_it_learns, check_it_resumes, named, small, trained

COUNTS = (10, 20, 30, 40)  # images of each class
EACH = [pytest.param(changes, id=f"{name}-{kind}") for name in named("loss")
        for kind, changes in zip(("default", "varied"), both("loss", name), strict=True)]  # fmt: skip
EACH += [
    pytest.param({"loss.name": "weighted_cross_entropy", "loss.weights": [0.5, 1.0, 2.0, 0.0]}, id="weights given"),
    pytest.param({"loss.name": "weighted_cross_entropy", "loss.weights": [1.0, 1.0, 1.0, 1.0]}, id="whole weights"),
    pytest.param({"loss.name": "focal", "loss.gamma": 0.5}, id="focal-root"),
]


def settings_of(changes: dict[str, Any]) -> Any:
    return RunConfig().replace(changes).loss


def loss_of(changes: dict[str, Any]) -> Any:
    settings = settings_of(changes)
    return LOSSES[settings.name].build(settings, COUNTS, CPU)


def answers(changes: dict[str, Any], images: int = 12) -> torch.Tensor:
    """(N, 4) scores, or log-probabilities where the loss wants them."""
    torch.manual_seed(1)
    scores = torch.randn(images, len(COUNTS), requires_grad=True)
    return scores.log_softmax(1) if LOSSES[settings_of(changes).name].log_probabilities else scores


def labels(images: int = 12) -> torch.Tensor:
    return torch.arange(images) % len(COUNTS)


def trainable(changes: dict[str, Any]) -> dict[str, Any]:
    """For the ten classes of the digits."""
    return {**changes, **({"loss.weights": [1.0, 2.0] * 5} if "loss.weights" in changes else {})}


@pytest.mark.parametrize("changes", EACH)
def test_it_is_made_small(digits, changes: dict[str, Any]) -> None:
    check_it_learns(digits, small(**trainable(changes)))


@pytest.mark.parametrize("changes", EACH)
def test_it_resumes_in_the_middle_of_an_epoch_with_the_same_bits(digits, changes, monkeypatch, tmp_path) -> None:
    check_it_resumes(digits, small(**trainable(changes)), monkeypatch, tmp_path)


@pytest.mark.parametrize("changes", EACH)
def test_shares_of_one_class_give_what_its_number_gives(changes: dict[str, Any]) -> None:
    loss, output = loss_of(changes), answers(changes)
    by_number, by_share = loss(output, labels()), loss(output, F.one_hot(labels(), len(COUNTS)).float())
    assert by_number.shape == () and torch.allclose(by_number, by_share, rtol=1e-5)


@pytest.mark.parametrize("changes", EACH)
def test_mixed_shares_give_a_number_and_a_gradient(changes: dict[str, Any]) -> None:
    output = answers(changes)
    shares = 0.3 * F.one_hot(labels(), 4).float() + 0.7 * F.one_hot((labels() + 1) % 4, 4).float()
    loss = loss_of(changes)(output, shares)
    (gradient,) = torch.autograd.grad(loss, output)
    assert loss > 0 and gradient.isfinite().all() and gradient.abs().sum() > 0


@pytest.mark.parametrize("changes", EACH)
def test_it_is_a_mean_over_the_images(changes: dict[str, Any]) -> None:
    loss, output = loss_of(changes), answers(changes)
    apart = torch.stack([loss(output[i : i + 1], labels()[i : i + 1]) for i in range(len(output))])
    assert torch.allclose(loss(output, labels()), apart.mean(), rtol=1e-5)


@pytest.mark.parametrize("changes", EACH)
def test_it_is_finite_where_the_model_is_quite_sure_right_or_wrong(changes: dict[str, Any]) -> None:
    scores = torch.tensor([[200.0, 0, 0, 0], [0, 0, 0, 200.0]], requires_grad=True)
    output = scores.log_softmax(1) if LOSSES[settings_of(changes).name].log_probabilities else scores
    for targets in (torch.tensor([0, 0]), torch.tensor([0, 3]), F.one_hot(torch.tensor([0, 3]), 4).float()):
        loss = loss_of(changes)(output, targets)
        (gradient,) = torch.autograd.grad(loss, scores, retain_graph=True)
        assert loss.isfinite() and gradient.isfinite().all()


@pytest.mark.parametrize("changes", EACH)
def test_its_source_gives_the_same(changes: dict[str, Any]) -> None:
    settings, output = settings_of(changes), answers(changes)
    names: dict[str, Any] = {"torch": torch, "nn": nn, "device": CPU}
    exec(LOSSES[settings.name].source(settings, COUNTS), names)
    for targets in (labels(), F.one_hot(labels(), 4) * 0.6 + 0.1):
        assert torch.equal(names["loss_function"](output, targets), loss_of(changes)(output, targets))


@pytest.mark.parametrize("changes", EACH)
def test_its_brief_source_pulls_the_weights_the_same_way(changes: dict[str, Any]) -> None:
    """Torch's weighted loss divides by the weights of a batch, which changes how far, not in which direction."""
    settings = settings_of(changes)
    entry = LOSSES[settings.name]
    names: dict[str, Any] = {"torch": torch, "nn": nn, "device": CPU}
    exec((entry.brief_source or entry.source)(settings, COUNTS), names)
    slopes = []
    for loss in (names["loss_function"], loss_of(changes)):
        assert loss(answers(changes)[3:4], labels()[3:4]).isfinite()  # one image, whose class may have no weight
        output = answers(changes).detach().requires_grad_()
        loss(output, labels()).backward()
        assert output.grad is not None and output.grad.isfinite().all()
        slopes.append(output.grad)
    weighted = settings.name == "weighted_cross_entropy"  # by weights of four digits
    brief, own = (one / one.norm() for one in slopes) if weighted else slopes
    assert torch.allclose(brief, own, atol=5e-4 if weighted else 1e-6)


@pytest.mark.parametrize("changes", EACH)
def test_the_model_ends_in_log_probabilities_where_it_asks_for_them(digits, changes: dict[str, Any]) -> None:
    config = small(**trainable(changes))
    model = build_model(config, open_data(config, digits, CPU).spec, 10)
    assert isinstance(model[-1], nn.LogSoftmax) == LOSSES[config.loss.name].log_probabilities


@pytest.mark.parametrize("changes", EACH)
def test_the_loss_on_validation_images_is_the_plain_one(digits, changes: dict[str, Any]) -> None:
    """Before the first step all of them have the same weights, so the same loss."""
    found = []
    for one in ({}, trainable(changes)):
        events, _ = trained(digits, small(**one, **{"training.epochs": 1}))
        found.append(next(event.val for event in events if isinstance(event, EpochMetrics)))
    assert found[0].loss == pytest.approx(found[1].loss, rel=1e-6) and found[0].correct == found[1].correct


# What is particular to some


def test_cross_entropy_is_torchs() -> None:
    output = answers({})
    assert torch.equal(loss_of({})(output, labels()), F.cross_entropy(output, labels()))
    smooth = {"loss.label_smoothing": 0.1}
    assert torch.equal(loss_of(smooth)(output, labels()), F.cross_entropy(output, labels(), label_smoothing=0.1))


WEIGHTED = {"loss.name": "weighted_cross_entropy"}


def test_weights_are_one_over_the_images_of_a_class_and_one_in_the_mean() -> None:
    weights = class_weights(settings_of(WEIGHTED), COUNTS)
    assert [weights[0] / weight for weight in weights] == pytest.approx([1, 2, 3, 4])
    assert np.dot(weights, COUNTS) / sum(COUNTS) == pytest.approx(1)
    given = class_weights(settings_of({**WEIGHTED, "loss.weights": [20, 20, 20, 40]}), COUNTS)
    assert given[3] == pytest.approx(2 * given[0]) and np.dot(given, COUNTS) / sum(COUNTS) == pytest.approx(1)


def test_a_class_without_training_images_has_no_weight() -> None:
    assert class_weights(settings_of(WEIGHTED), (5, 0, 5)) == pytest.approx([1, 0, 1])
    with pytest.raises(BadInput, match=r"loss\.weights is 0 for every class that has training images"):
        class_weights(settings_of({**WEIGHTED, "loss.weights": [0, 1, 0]}), (5, 0, 5))


def test_the_weights_are_those_of_the_training_part(digits) -> None:
    config = small(**WEIGHTED)
    data = open_data(config, digits, CPU)
    counts = np.bincount(np.asarray(digits.labels)[data.parts.train], minlength=10)
    output, targets = torch.randn(40, 10), torch.arange(40) % 10
    weight = torch.tensor(1 / counts * sum(counts) / 10, dtype=torch.float32)
    expected = (F.cross_entropy(output, targets, reduction="none") * weight[targets]).mean()
    assert torch.allclose(build_loss(config, data, CPU)(output, targets), expected, rtol=1e-5)


def test_weights_of_another_number_of_classes_are_refused_before_anything_is_made(digits) -> None:
    config = small(**WEIGHTED, **{"loss.weights": [1, 2, 3]})
    with pytest.raises(BadInput, match=r"loss\.weights has 3 numbers, but the data set has 10 classes"):
        preflight.check(config, digits)
    with pytest.raises(BadInput, match=r"loss\.weights are all 0"):
        small(**WEIGHTED, **{"loss.weights": [0] * 10})


def test_the_focal_loss_is_that_of_its_paper() -> None:
    output = answers({})
    p = output.softmax(1)[torch.arange(12), labels()]
    for gamma in (0.0, 0.5, 2.0):
        expected = (-((1 - p) ** gamma) * p.log()).mean()
        found = loss_of({"loss.name": "focal", "loss.gamma": gamma})(output, labels())
        assert torch.allclose(found, expected, rtol=1e-5)


def test_the_right_class_of_a_mixed_image_is_the_one_with_the_largest_share(digits) -> None:
    state = new_state(small(), open_data(small(), digits, CPU), CPU)
    report = StepAccumulator(state, 2)
    output = torch.eye(10)[:4]
    report.add(torch.tensor(1.0), output, torch.tensor([0, 1, 5, 5]))
    report.add(torch.tensor(1.0), output, 0.6 * torch.eye(10)[[0, 5, 2, 5]] + 0.4 * torch.eye(10)[[1, 1, 1, 3]])
    assert report.take().metrics["accuracy"] == 4 / 8
