"""Every metric in the registry, unasked; and the figures of the built-in ones beside those of other libraries."""

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, f1_score, top_k_accuracy_score

from core import formatting
from core.errors import BadInput
from core.program import ROOT
from core.training.evaluate import Measures
from core.training.metrics import DECISIVE, METRICS, computed, logarithmic, metrics_in_words, spec_of
from core.training.metrics.predictions import Predictions
from core.training.metrics.spec import MetricSpec, StepSums

NAMES = list(METRICS.entries)
EVALUATED = [spec.name for spec in METRICS.entries.values() if spec.start]


def measured(name: str, logits: torch.Tensor, labels: torch.Tensor, batch: int = 64) -> float | None:
    accumulator = METRICS[name].start(logits.shape[1])
    for start in range(0, len(labels), batch):
        accumulator.add(Predictions(logits[start : start + batch], labels[start : start + batch]))
    return accumulator.value()


def sample(images: int, classes: int, seed: int = 0, sure: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of a model that is right more often than not, and labels of unequal classes."""
    random = torch.Generator().manual_seed(seed)
    weights = torch.arange(1, classes + 1, dtype=torch.float32)
    labels = torch.multinomial(weights, images, replacement=True, generator=random)
    logits = torch.randn(images, classes, generator=random)
    logits[torch.arange(images), labels] += 1
    return sure * logits, labels


# What every entry keeps


@pytest.mark.parametrize("name", NAMES)
def test_has_words_and_a_way_to_be_written(name: str) -> None:
    spec = METRICS[name]
    assert spec.title and spec.help.endswith(".") and spec.direction in ("higher", "lower", None)
    assert spec.write(0.5) == getattr(formatting, spec.format)(0.5) and spec.write(None) == formatting.NONE
    assert spec.of_steps or spec.start, "nothing computes it"
    assert spec.best([0.1, 0.5]) == (0.1 if spec.direction == "lower" else 0.5)


@pytest.mark.parametrize("name", [name for name in NAMES if METRICS[name].of_steps])
def test_is_computed_from_the_steps(name: str) -> None:
    value = METRICS[name].of_steps(StepSums(loss_sum=30.0, correct=15, images=60, lr=0.01, seconds=0.5))
    assert value == {"loss": 0.5, "accuracy": 0.25, "lr": 0.01, "images_per_second": 120.0}.get(name, value)
    assert value is None or math.isfinite(value)


@pytest.mark.parametrize("name", EVALUATED)
@pytest.mark.parametrize("seed", range(3))
def test_does_not_depend_on_the_batches(name: str, seed: int) -> None:
    logits, labels = sample(301, 12, seed)
    values = [measured(name, logits, labels, batch) for batch in (1, 7, 301)]
    assert values == pytest.approx([values[0]] * 3, abs=1e-6)


@pytest.mark.parametrize("name", EVALUATED)
def test_of_no_images_there_is_no_number(name: str) -> None:
    assert METRICS[name].start(10).value() is None


@pytest.mark.parametrize("name", EVALUATED)
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_logits_that_are_no_numbers_are_no_crash(name: str, odd: float) -> None:
    logits, labels = sample(20, 10)
    logits[3] = odd
    measures = Measures(10)
    measures.add(Predictions(logits, labels))
    value = measures.values()[name]
    assert value is None or 0 <= value <= 1


def test_reading_them_needs_no_torch() -> None:
    code = "import sys; from core.training.metrics import METRICS; METRICS.entries; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


# Figures


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("classes", [2, 6, 100])
def test_figures_are_those_of_other_libraries(seed: int, classes: int) -> None:
    from torchmetrics.functional.classification import multiclass_calibration_error  # a second, with what it plots with

    logits, labels = sample(500, classes, seed)
    predicted = logits.argmax(1).numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that are answered and do not occur
        balanced = balanced_accuracy_score(labels, predicted)
    assert measured("balanced_accuracy", logits, labels) == pytest.approx(balanced, abs=1e-12)
    assert measured("macro_f1", logits, labels) == pytest.approx(
        f1_score(labels, predicted, average="macro"), abs=1e-12
    )
    calibration = multiclass_calibration_error(logits.softmax(1), labels, classes, n_bins=15, norm="l1")
    assert measured("expected_calibration_error", logits, labels) == pytest.approx(float(calibration), abs=1e-6)
    if classes > 5:
        top5 = top_k_accuracy_score(labels, logits, k=5, labels=range(classes))
        assert measured("top5_accuracy", logits, labels) == pytest.approx(top5, abs=1e-12)


def test_classes_that_do_not_occur_do_not_count() -> None:
    logits, labels = torch.eye(10)[[0, 0, 1, 3]] * 9, torch.tensor([0, 0, 1, 1])
    assert measured("balanced_accuracy", logits, labels) == (1 + 0.5) / 2
    assert measured("macro_f1", logits, labels) == pytest.approx((1 + 2 / 3 + 0) / 3)  # 3 is answered, and never so


def test_of_one_class_all_is_right() -> None:
    logits, labels = torch.zeros(4, 1), torch.zeros(4, dtype=torch.int64)
    for name, value in (("balanced_accuracy", 1), ("macro_f1", 1), ("expected_calibration_error", 0)):
        assert measured(name, logits, labels) == value


def test_of_logits_that_are_alike_the_first_classes_are_the_likeliest() -> None:
    """A model that has collapsed, or bfloat16, gives many: they must not all be in the top 5."""
    logits, labels = torch.zeros(12, 12), torch.arange(12)
    assert measured("top5_accuracy", logits, labels) == 5 / 12
    coarse, labels = sample(400, 40)
    coarse = coarse.round()
    order = np.argsort(-coarse.numpy(), axis=1, kind="stable")[:, :5]
    assert measured("top5_accuracy", coarse, labels) == (order == labels.numpy()[:, None]).any(1).mean()


def test_bins_are_open_below_and_closed_above() -> None:
    """As in the paper; a model that is entirely sure is in the last bin, not in one of its own."""
    logits = torch.tensor([[40.0, 0.0]] * 3 + [[3.0, 0.0]])  # probabilities 1 and 0.953, all in (14/15, 1]
    confidence = logits.softmax(1).amax(1).double()
    labels = torch.tensor([0, 0, 1, 0])
    expected = abs(3 - float(confidence.sum())) / 4
    assert measured("expected_calibration_error", logits, labels) == pytest.approx(expected, abs=1e-6)
    edge = torch.linspace(0, 1, 16)[9]  # belongs to the ninth bin, as 0.55 does
    predictions = Predictions(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1]))
    predictions.confidence = torch.tensor([edge, 0.55])
    accumulator = METRICS["expected_calibration_error"].start(2)
    accumulator.add(predictions)
    assert accumulator.value() == pytest.approx(abs(1 - 0.6 - 0.55) / 2, abs=1e-6)


def test_five_of_five_classes_say_nothing() -> None:
    assert "top5_accuracy" not in [spec.name for spec in computed(5)]
    assert "top5_accuracy" in Measures(6).values() and "top5_accuracy" not in Measures(5).values()


# Words


def test_values_are_told_in_words() -> None:
    values = {"loss": 0.5, "macro_f1": 0.25, "top5_accuracy": None, "lr": 0.001, "gone": 2.0}
    words = "test loss 0.5000, test macro F1 25.00\u00a0%, learning rate 0.001, gone 2.000"
    assert (
        metrics_in_words(values, "test") == words
        and metrics_in_words({"accuracy": 0.5}) == "accuracy 50.00\u00a0%"
        and metrics_in_words({}) == ""
    )
    assert (
        logarithmic() == "loss, learning rate, gradient norm and update ratio"
        and METRICS[DECISIVE].direction == "higher"
    )


def test_a_value_whose_entry_is_gone_keeps_its_name() -> None:
    spec = spec_of("dice_score")
    assert (spec.name, spec.title, spec.evaluated) == ("dice_score", "Dice score", False)


@pytest.mark.parametrize(
    "name", ["Loss", "val_loss", "train_x", "test", "seconds", "total", "a-b", "", "1st", "x" * 65]
)
def test_a_name_that_would_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="a metric cannot be called"):
        MetricSpec(name, "Title")
