"""Settings that differ and scores, as numbers for charts."""

from dataclasses import replace

import pytest

from core.insight.settings_scores import score_columns, setting_columns
from core.run_config import RunConfig
from core.runs.store import Run
from tests.insight.test_comparison import a_run


def trained(number: int, score: float | None = 0.9, **changes: object) -> Run:
    summary = None if score is None else {"test_accuracy": score, "test_loss": 1 - score, "seconds": 10.0 * number}
    return replace(a_run(f"run {number}", number, summary=summary), config=RunConfig().replace(changes))


def test_only_settings_that_differ_are_columns_and_numbers_stay_numbers() -> None:
    runs = [trained(1, **{"optimizer.lr": 0.1}), trained(2, **{"optimizer.lr": 0.001, "data.normalize": "half"})]
    by_name = {one.name: one for one in setting_columns(runs)}
    assert set(by_name) == {"optimizer.lr", "data.normalize"}
    rate, scaling = by_name["optimizer.lr"], by_name["data.normalize"]
    assert rate.numeric and rate.log and list(rate.values.values()) == [0.1, 0.001]
    assert not scaling.numeric and len(set(scaling.values.values())) == 2


@pytest.mark.parametrize(("change", "numeric"), [({"augment.flip": True}, False), ({"data.limit": 100}, False)])
def test_a_switch_and_a_number_that_may_be_missing_are_words(change: dict, numeric: bool) -> None:
    (column,) = setting_columns([trained(1), trained(2, **change)])
    assert column.numeric is numeric and all(isinstance(value, str) for value in column.values.values())


def test_a_number_of_zero_keeps_the_axis_linear() -> None:
    runs = [trained(1), trained(2, **{"optimizer.weight_decay": 0.01})]
    (column,) = setting_columns(runs)
    assert column.numeric and not column.log


def test_scores_are_those_of_the_test_images_and_the_time() -> None:
    runs = [trained(1, 0.8), trained(2, 0.95), trained(3, None)]
    columns = score_columns(runs)
    assert [one.name for one in columns] == ["test_accuracy", "test_loss", "seconds"]
    assert columns[0].values == {runs[0].id: 0.8, runs[1].id: 0.95}
    assert columns[2].values == {runs[0].id: 10.0, runs[1].id: 20.0}


def test_what_is_no_number_is_left_out() -> None:
    broken = a_run("x", 4, summary={"test_accuracy": float("nan"), "test_loss": None})
    assert score_columns([broken]) == []
