"""What `evaluate` tells beside accuracy and loss."""

import numpy as np
import pytest

from core.insight.report import Report, report_on
from tests.insight.test_calibration import drawn
from tests.insight.test_image_scores import predictions


def test_the_likeliest_five_class_by_class():
    logits = np.random.default_rng(0).normal(size=(400, 7)).astype(np.float32)
    labels = np.random.default_rng(1).integers(0, 6, 400)  # the last class has no image
    found = report_on(predictions(logits, labels), validation=False)
    among = [label in row.argsort()[-5:] for row, label in zip(logits, labels, strict=True)]
    assert found.top5 == pytest.approx(np.mean(among), abs=1e-12)
    for place in range(6):
        assert found.class_top5[place] == pytest.approx(np.mean(np.array(among)[labels == place]), abs=1e-12)
    assert found.class_top5[6] is None and found.temperature is None


def test_of_five_classes_there_is_no_top_five_and_a_temperature_is_of_validation_images():
    found = report_on(drawn(500), validation=True)
    assert found.top5 is None and found.class_top5 == () and found.temperature is not None
    assert "temperature that fits best" in found.words


def test_it_is_added_to_what_is_there():
    before = {"accuracy": 0.5, "per_class": [{"name": "a", "recall": 1.0}]}
    after = Report().added_to(before)
    assert after == {
        "accuracy": 0.5,
        "per_class": [{"name": "a", "recall": 1.0, "top5": None}],
        "top5": None,
        "calibration": None,
    }
    calibration = report_on(drawn(500), validation=True).added_to({"per_class": []})["calibration"]
    assert set(calibration) == {"error", "interval", "bins", "temperature"} and len(calibration["bins"]) == 15
