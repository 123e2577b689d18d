"""Curves, differences and the table of runs."""

import math
from types import SimpleNamespace

import pytest

from core.insight.comparison import (
    SMOOTHING,
    Filter,
    chart_families,
    class_table,
    curve,
    curves,
    default_smoothing,
    differences,
    evaluated_columns,
    metrics_of,
    run_columns,
    run_table,
    smooth,
    thin,
)
from core.run_config import REGISTRIES, RunConfig
from core.runs.store import EpochRow, Run, StepRow
from tests.rows import STEP, epoch_row, step_row


def a_run(name: str = "one", number: int = 1, **values) -> Run:
    changes = {key.replace("__", "."): values.pop(key) for key in list(values) if "__" in key}
    fields = {"state": "finished", "created": 1e9 + number, "queued": 1e9} | values
    return Run(id=f"{number:08x}", name=name, config=RunConfig().replace(changes), **fields)


def an_epoch(epoch: int, val_accuracy: float | None, val_loss: float | None = 1.0, train_loss=None) -> EpochRow:
    train, val = (train_loss, None, None, None), (val_loss, val_accuracy, None, None)
    return epoch_row(epoch, 10 * epoch, *train, *val, 0.001, 2.0 * epoch)


def steps(count: int) -> list[StepRow]:
    return [step_row(i, i / 10, 1 / i, i / count, 0.01, 100.0, float(i)) for i in range(1, count + 1)]


# Smoothing


@pytest.mark.parametrize("weight", [0.0, 0.6, 0.99])
def test_a_constant_series_is_left_exactly_alone(weight: float) -> None:
    assert smooth([0.1] * 50, weight) == [0.1] * 50


def test_smoothing_is_a_debiased_moving_average() -> None:
    values = [1.0, 4.0, 2.0]
    total = 0.5**2 * 1 + 0.5 * 4 + 2
    assert smooth(values, 0.5) == pytest.approx([1, (0.5 + 4) / 1.5, total / 1.75])
    assert smooth(values, 0.0) == values
    assert smooth([], 0.9) == []


# Curves


def test_thinning_keeps_the_first_and_the_newest() -> None:
    kept = thin(5000, 100)
    assert (len(kept), kept[0], kept[-1]) == (100, 0, 4999)
    assert thin(3, 100) == [0, 1, 2]
    assert thin(0) == []


def test_a_curve_leaves_out_what_is_no_number() -> None:
    rows = [an_epoch(0, 0.1), an_epoch(1, None), an_epoch(2, math.nan), an_epoch(3, math.inf), an_epoch(4, 0.9)]
    assert curve(rows, "val_accuracy", "epoch") == ([0.0, 4.0], [0.1, 0.9])
    assert curve(rows, "val_accuracy", "seconds")[0] == [0.0, 8.0]
    assert curve(steps(2), "loss", "step") == ([1.0, 2.0], [1.0, 0.5])


def test_training_comes_from_steps_and_validation_from_epochs() -> None:
    epochs = [an_epoch(0, 0.1), an_epoch(1, 0.8), an_epoch(2, 0.7)]
    train, val = curves(a_run(), epochs, steps(20), "accuracy")
    assert (train.part, len(train.x), train.best) == ("train", 20, None)
    assert (val.part, val.x, val.best) == ("val", [0.0, 1.0, 2.0], (1.0, 0.8))


def test_the_best_point_survives_thinning_and_is_the_lowest_loss() -> None:
    epochs = [an_epoch(i, 0.5, abs(i - 501) + 1.0) for i in range(1000)]
    (val,) = curves(a_run(), epochs, [], "loss", most=10)
    assert len(val.x) == 10
    assert 501.0 not in val.x
    assert val.best == (501.0, 1.0)


def test_smoothing_sees_all_points_not_only_those_kept() -> None:
    many = steps(3000)
    (line,) = curves(a_run(), [], many, "images_per_second", most=10)
    thick, thinned = (curves(a_run(), [], many, "loss", weight=0.9, most=n)[0] for n in (3000, 10))
    assert thinned.smoothed[-1] == thick.smoothed[-1]
    assert (line.part, line.best) == ("train", None)


def test_without_steps_training_is_drawn_from_epochs() -> None:
    (train,) = curves(a_run(), [an_epoch(1, None, None, 0.5), an_epoch(2, None, None, 0.4)], [], "loss")
    assert (train.part, train.y, train.best) == ("train", [0.5, 0.4], (2.0, 0.4))


def test_the_best_point_is_the_highest_or_the_lowest_as_the_entry_says() -> None:
    values = {"val_macro_f1": (0.2, 0.9, 0.4), "val_expected_calibration_error": (0.3, 0.1, 0.2)}
    epochs = [EpochRow(i, i, {name: shares[i] for name, shares in values.items()}, 1.0) for i in range(3)]
    for name, best in (("macro_f1", 0.9), ("expected_calibration_error", 0.1)):
        (val,) = curves(a_run(), epochs, steps(3), name)
        assert (val.part, val.best) == ("val", (1.0, best))
    assert curves(a_run(), epochs, steps(3), "lr")[0].best is None


def test_the_untrained_model_is_the_best_only_where_nothing_else_is_known() -> None:
    epochs = [an_epoch(0, 0.9, 0.1), an_epoch(1, 0.2, 2.0), an_epoch(2, 0.3, 1.0)]
    for count, best in ((3, (2.0, 1.0)), (1, (0.0, 0.1))):
        (val,) = curves(a_run(), epochs[:count], [], "loss")
        assert (val.x[0], val.best) == (0.0, best)


def test_the_metrics_of_a_run_are_those_it_has_numbers_of_in_their_order() -> None:
    rows = [EpochRow(0, 0, {"val_macro_f1": 0.1, "val_top5_accuracy": None, "val_correct": 3, "lr": 0.1}, 1.0)]
    assert [spec.name for spec in metrics_of(rows, steps(2))] == [*STEP, "macro_f1"]
    assert [spec.name for spec in metrics_of(rows, [])] == ["macro_f1"]
    gone = EpochRow(1, 1, {"val_a_score": 1.0, "val_top5_accuracy": 0.5}, 1.0)
    assert [spec.name for spec in metrics_of([*rows, gone], [])] == ["top5_accuracy", "macro_f1", "a_score"]
    families = {group: [spec.name for spec in specs] for group, specs in chart_families(metrics_of(rows, [])).items()}
    assert families == {"Loss": ["loss"], "Accuracy": ["accuracy"], "Balance of classes": ["macro_f1"]}
    assert {"Learning rate", "Speed"} <= set(chart_families(metrics_of(rows, steps(2))))


def test_a_table_of_epochs_has_loss_and_accuracy_and_what_else_was_evaluated() -> None:
    rows = [EpochRow(0, 0, {"val_macro_f1": 0.1, "train_macro_f1": None}, 1.0)]
    named = [f"{part}_{spec.name}" for part, spec in evaluated_columns(rows)]
    assert named == ["train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_macro_f1"]


# Settings


def test_differences_name_only_what_differs_in_the_words_of_the_form() -> None:
    runs = [a_run(number=1), a_run(number=2, optimizer__name="sgd", data__limit=500)]
    found = {one.name: one for one in differences(runs)}
    assert list(found) == ["data.limit", "optimizer.name", "optimizer.lr"]
    assert found["optimizer.name"].title == "Optimizer"
    assert list(found["optimizer.name"].values.values()) == ["Adam", "SGD"]
    assert list(found["data.limit"].values.values()) == ["all", "500"]
    assert list(found["optimizer.lr"].values.values()) == ["0.001", "0.05"]
    assert differences([runs[0], a_run(number=3)]) == []


def test_a_setting_that_only_one_model_has_is_not_set_in_the_other() -> None:
    found = {one.name: one for one in differences([a_run(number=1), a_run(number=2, model__name="mlp")])}
    assert list(found["model.name"].values.values()) == ["CNN", "MLP"]
    assert found["model.name"].title == "Model"
    assert list(found["model.kernel_size"].values.values()) == ["3", "–"]


@pytest.mark.parametrize("part", REGISTRIES)
def test_entries_are_called_by_their_titles(part: str) -> None:
    registry = REGISTRIES[part]
    names = list(registry.entries)
    runs = [a_run(number=number, **{f"{part}__name": name}) for number, name in enumerate(names)]
    found = {one.name: one for one in differences(runs)}[f"{part}.name"]
    assert found.title == {"model": "Model", "loss": "Loss", "optimizer": "Optimizer", "schedule": "Schedule"}[part]
    assert list(found.values.values()) == [registry[name].title for name in names]


def test_what_is_off_is_as_what_is_not_there_and_what_is_on_is_not() -> None:
    runs = [a_run(number=1), a_run(number=2, optimizer__name="sgd", optimizer__momentum=0.9)]
    found = {one.name: one for one in differences(runs)}
    assert list(found) == ["optimizer.name", "optimizer.lr", "optimizer.momentum"]
    assert list(found["optimizer.momentum"].values.values()) == ["–", "0.9"]


# The table


def test_the_table_takes_scores_from_the_summary_or_else_from_the_epochs() -> None:
    summary = {"epochs": 5, "best_val_accuracy": 0.9, "val_accuracy": 0.8, "test_accuracy": 0.85, "seconds": 3.0}
    done = a_run("done", 1, summary=summary | {"images_per_second": 100.0})
    going = a_run("going", 2, state="running", seconds=7.0)
    asked: list[str] = []

    def epochs_of(run_id: str) -> list[EpochRow]:
        asked.append(run_id)
        return [an_epoch(0, 0.95), an_epoch(1, 0.6), an_epoch(2, 0.5)]

    table = run_table([done, going], epochs_of)
    assert asked == [going.id]
    assert list(table.loc[done.id, ["best", "last", "test", "seconds", "speed"]]) == [0.9, 0.8, 0.85, 3.0, 100.0]
    assert list(table.loc[going.id, ["best", "last", "seconds"]]) == [0.6, 0.5, 7.0]  # not the untrained model's
    assert math.isnan(table.loc[going.id, "test"])
    assert "test_macro_f1" not in table
    both = [a_run("new", 3, summary=summary | {"test_macro_f1": 0.7, "test_loss": 1.0, "test_correct": 9}), done]
    more = run_table(both, epochs_of)
    assert more.columns[-1] == "test_macro_f1" and more["test_macro_f1"].tolist()[:1] == [0.7]
    assert (
        math.isnan(more.loc[done.id, "test_macro_f1"]) and run_columns(["macro_f1"])["test_macro_f1"] == "Test macro F1"
    )
    assert (table.loc[done.id, "data"], table.loc[done.id, "model"]) == ("Digits (8 × 8)", "CNN")


def test_a_summary_that_takes_the_untrained_model_for_the_best_is_not_believed() -> None:
    """As earlier versions wrote it, of a run that no epoch made better."""
    old = a_run("old", 1, summary={"best_epoch": 0, "best_val_accuracy": 0.95, "val_accuracy": 0.5, "epochs": 2})
    epochs = [an_epoch(0, 0.95), an_epoch(1, 0.6), an_epoch(2, 0.5)]
    table = run_table([old], lambda run: epochs)
    (val,) = curves(old, epochs, [], "accuracy")
    assert table.loc[old.id, "best"] == 0.6 == val.best[1] and table.loc[old.id, "last"] == 0.5


def test_an_empty_table_has_its_columns() -> None:
    assert list(run_table([], lambda run: []).columns)[:3] == ["name", "test", "lr"]


def test_a_filter_lets_through_what_fits_all_of_it() -> None:
    run = a_run("Blue whale", tags=["sea"], notes="second try")
    assert Filter().matches(run)
    assert Filter(states=["finished"], models=["CNN"], tags=["sea", "land"], text="WHALE second").matches(run)
    assert not Filter(states=["failed"]).matches(run)
    assert not Filter(models=["MLP"]).matches(run)
    assert not Filter(data=["MNIST"]).matches(run)
    assert not Filter(tags=["land"]).matches(run)
    assert not Filter(text="whale third").matches(run)


def test_class_figures_of_runs_stand_side_by_side() -> None:
    figures = {"recall": 0.5, "f1": 0.6, "count": 3}
    rows = [SimpleNamespace(name=name, precision=p, **figures) for name, p in (("ants", 0.9), ("bees", 0.8))]
    table = class_table({"one": rows, "two": rows})
    assert list(table.index) == ["ants", "bees"]
    assert list(table["Precision", "two"]) == [0.9, 0.8]
    assert list(table.columns) == [(f, r) for f in ("Precision", "Recall", "F1") for r in ("one", "two")]


def test_a_curve_of_few_points_is_not_smoothed() -> None:
    few, many = (curves(a_run(), [], steps(count), "loss", weight=0.9)[0] for count in (10, 40))
    assert few.smoothed == few.y and many.smoothed != many.y


def test_validation_is_never_smoothed() -> None:
    """Runs of 3 and of 100 epochs end where they were measured, whatever the smoothing."""
    for count in (3, 100):
        rows = [an_epoch(number, 0.5 + 0.4 * number / count) for number in range(count + 1)]
        for part in curves(a_run(), rows, [], "accuracy", weight=0.9):
            assert part.smoothed == part.y


def test_runs_beside_one_another_are_smoothed_alike() -> None:
    assert default_smoothing([10, 200]) == 0 and default_smoothing([10, 201]) == SMOOTHING
