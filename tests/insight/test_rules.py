"""The rules on rows written by hand: what they need, where they keep silent, and what they would change."""

import math
from dataclasses import replace
from typing import Any

import pytest

from core.insight import diagnosis
from core.insight.diagnosis import verdicts
from core.insight.rules import RULES, Finding, RuleSpec
from core.insight.rules.curves import RunCurves
from core.models import MODELS
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.runs.store import EpochRow, Origin, Run, StepRow
from core.training.events import DIVERGED
from core.training.optimizers import OPTIMIZERS

SUMMARY = {"classes": 10, "classes_named": 10, "largest_class": 37, "test_total": 360, "test_correct": 350}
TRAIN, VAL = 1000, 144  # images


def a_run(changes: dict[str, Any] | None = None, **values: Any) -> Run:
    fields: dict[str, Any] = {"state": "finished", "created": 1e9, "queued": 1e9, "summary": SUMMARY} | values
    return Run(id="1a2b3c4d", name="one", config=RunConfig().replace(changes or {}), **fields)


def row(epoch: int, train: tuple[float, float] | None, val: tuple[float, float], images: int = VAL) -> EpochRow:
    """Losses and accuracies; the counts follow from these."""
    parts = {"train": (train, TRAIN), "val": (val, images)}
    metrics: dict[str, float | None] = {"lr": 0.001}
    for part, (values, total) in parts.items():
        metrics[f"{part}_loss"], metrics[f"{part}_accuracy"] = values or (None, None)
        metrics[f"{part}_correct"] = None if values is None else round(values[1] * total)
        metrics[f"{part}_total"] = None if values is None else total
    return EpochRow(epoch, 10 * epoch, metrics, 1.0 * epoch)


def rows(
    train: list[tuple[float, float]], val: list[tuple[float, float]], images: int = VAL, begun: float = 2.31
) -> list[EpochRow]:
    """After an untrained model of ten classes."""
    numbered = enumerate(zip(train, val, strict=True), start=1)
    return [row(0, None, (begun, 0.1), images), *(row(epoch, *both, images) for epoch, both in numbered)]


def meta(train: tuple[int, ...], test: tuple[int, ...] = (36,) * 10) -> Meta:
    """What is known of a data set with so many images of each class."""
    counts = {"train": train, "test": test}
    return Meta(
        name="digits", path=None, title="Digits", classes=tuple("0123456789"), channels=1, size=(8, 8),
        splits={part: sum(each) for part, each in counts.items()}, class_counts=counts, mean=(0.5,), std=(0.5,),
        fingerprint="", source="", source_version="", drawable=True, flips=False, pixel_bytes=64,
    )  # fmt: skip


def with_balanced(given: list[EpochRow], balanced: float) -> list[EpochRow]:
    return [replace(one, metrics=one.metrics | {"val_balanced_accuracy": balanced}) for one in given]


def names(run: Run, given: list[EpochRow]) -> list[str]:
    return [one.rule.name for one in verdicts(run, given)]


GOOD = rows(
    [(1.0, 0.7), (0.4, 0.9), (0.2, 0.95), (0.1, 0.97), (0.08, 0.98), (0.07, 0.98)],
    [(0.5, 0.9), (0.3, 0.94), (0.2, 0.96), (0.15, 0.97), (0.14, 0.965), (0.14, 0.97)],
)
# One of each rule that epochs alone can show, by its name.
SHOWN = {
    "stuck_at_chance": rows([(2.3, 0.1)] * 6, [(2.3, 0.1)] * 6),
    "rate_too_high": rows([(1.0, 0.7), (0.5, 0.8), (0.3, 0.9), (0.6, 0.8), (0.4, 0.85), (0.5, 0.8)], [(0.5, 0.82)] * 6),
    "rate_too_low": rows(
        [(2.2, 0.2), (2.1, 0.3), (2.0, 0.35), (1.9, 0.4), (1.8, 0.45), (1.7, 0.5)],
        [(2.2, 0.2), (2.1, 0.3), (2.0, 0.35), (1.9, 0.4), (1.8, 0.45), (1.7, 0.5)],
    ),
    "overfitting": rows(
        [(1.0, 0.7), (0.4, 0.9), (0.2, 0.95), (0.1, 0.98), (0.05, 1.0), (0.02, 1.0)],
        [(0.6, 0.8), (0.5, 0.84), (0.55, 0.85), (0.6, 0.85), (0.7, 0.84), (0.8, 0.84)],
    ),
    "underfitting": rows(
        [(1.9, 0.3), (1.7, 0.33), (1.66, 0.34), (1.65, 0.34), (1.64, 0.34), (1.64, 0.34)], [(1.65, 0.34)] * 6
    ),
    "noisy_epochs": rows(
        [(0.5, 0.9), (0.4, 0.9), (0.35, 0.9), (0.34, 0.9), (0.33, 0.9), (0.32, 0.9)],
        [(0.4, 0.9), (0.4, 0.8), (0.4, 0.9), (0.4, 0.8), (0.4, 0.9), (0.4, 0.85)],
    ),
}


FALLING = [2.2, 2.1, 2.0, 1.9, 1.8, 1.7]
EQUAL, UNEQUAL = (100,) * 10, (600, *(50,) * 9)
# What is close to a rule, and is not it: the rule, what the run has, and its settings.
NEARLY: dict[str, tuple[str, RunCurves]] = {
    "a gap that twenty images cannot show": (
        "overfitting",
        RunCurves(
            a_run(), rows([(0.3, 0.97), (0.2, 0.97), (0.1, 0.97)], [(0.3, 0.9), (0.5, 0.9), (0.6, 0.9)], images=20)
        ),
    ),
    "a gap of four points": (
        "overfitting",
        RunCurves(
            a_run(), rows([(0.3, 0.97), (0.2, 0.97), (0.1, 0.97)], [(0.3, 0.93), (0.5, 0.93), (0.6, 0.93)], images=5000)
        ),
    ),
    "a gap of six points while the loss keeps still": (
        "overfitting",
        RunCurves(a_run(), rows([(0.1, 0.99)] * 3, [(0.3, 0.93)] * 3, images=5000)),
    ),
    "validation loss that rises with training loss": (
        "overfitting",
        RunCurves(a_run(), rows([(0.1, 0.9), (0.2, 0.9), (0.3, 0.9)], [(0.5, 0.8), (0.7, 0.75), (0.8, 0.75)])),
    ),
    "most of the way is learned": ("underfitting", RunCurves(a_run(), rows([(0.7, 0.8)] * 6, [(0.8, 0.75)] * 6))),
    "the loss still falls": (
        "underfitting",
        RunCurves(a_run(), rows([(2 - epoch / 5, 0.34) for epoch in range(6)], [(1.5, 0.34)] * 6)),
    ),
    "validation is worse": ("underfitting", RunCurves(a_run(), rows([(1.2, 0.6)] * 6, [(1.6, 0.4)] * 6))),
    "it swung and settled": (
        "rate_too_high",
        RunCurves(a_run(), rows([(one, 0.8) for one in (1.0, 0.4, 0.6, 0.2, 0.1, 0.13)], [(0.5, 0.8)] * 6)),
    ),
    "it trembles near its best": (
        "rate_too_high",
        RunCurves(a_run(), rows([(one, 0.98) for one in (0.9, 0.2, 0.05, 0.09, 0.07, 0.08)], [(0.1, 0.98)] * 6)),
    ),
    "it falls and jumps": (
        "rate_too_low",
        RunCurves(
            a_run(),
            rows([(one, 0.4) for one in FALLING], [(one, 0.4) for one in (2.2, 2.1, 2.0, 1.9, 2.1, 1.3)]),
        ),
    ),
    "it falls by next to nothing": (
        "rate_too_low",
        RunCurves(
            a_run(), rows([(2.31 - one / 500, 0.12) for one in range(6)], [(2.31 - one / 500, 0.1) for one in range(6)])
        ),
    ),
    "it was good before": (
        "rate_too_low",
        RunCurves(
            a_run(), rows([(one / 40, 0.99) for one in FALLING], [(one / 40, 0.99) for one in FALLING], begun=0.06)
        ),
    ),
    "jumps of one image in twenty": (
        "noisy_epochs",
        RunCurves(a_run(), rows([(0.3, 0.9)] * 6, [(0.4, one) for one in (0.9, 0.95, 0.9, 0.95, 0.9, 0.9)], images=20)),
    ),
    "jumps that a hundred images explain": (
        "noisy_epochs",
        RunCurves(
            a_run(), rows([(1.3, 0.5)] * 6, [(1.4, one) for one in (0.5, 0.5, 0.5, 0.53, 0.5, 0.53)], images=110)
        ),
    ),
    "jumps that have stopped": (
        "noisy_epochs",
        RunCurves(a_run(), rows([(0.1, 1.0)] * 8, [(0.1, one) for one in (0.9, 0.9, 0.9, 1.0, 0.95, 1.0, 0.99, 0.99)])),
    ),
    "three epochs": (
        "noisy_epochs",
        RunCurves(a_run(), rows([(0.3, 0.9)] * 3, [(0.4, 0.9), (0.4, 0.8), (0.4, 0.9)])),
    ),
    "better on new images without dropout": (
        "validation_above_training",
        RunCurves(a_run(), rows([(0.6, 0.8)], [(0.3, 0.92)])),
    ),
    "a little better under dropout": (
        "validation_above_training",
        RunCurves(a_run({"model.dropout": 0.5}), rows([(0.3, 0.9)], [(0.2, 0.93)], images=5000)),
    ),
    "the largest class alone, with growing doubts": (
        "stuck_at_chance",
        RunCurves(a_run(), rows([(1.0, 0.1)] * 3, [(1.0, 0.1)] * 3)),
    ),
    "right on new images after a poor epoch": (
        "stuck_at_chance",
        RunCurves(a_run(), rows([(2.4, 0.1)], [(2.2, 0.5)])),
    ),
    "it learned nothing": ("diverged", RunCurves(a_run(), rows([(2.5, 0.1)] * 3, [(2.5, 0.1)] * 3))),
    "rare classes a little worse": (
        "class_imbalance",
        RunCurves(a_run(), with_balanced(GOOD, 0.91), meta=meta(UNEQUAL)),
    ),
    "classes alike, one of them hard": (
        "class_imbalance",
        RunCurves(a_run(), with_balanced(GOOD, 0.6), meta=meta(EQUAL)),
    ),
    "a class without test images": (
        "class_never_predicted",
        RunCurves(a_run(summary=SUMMARY | {"classes_named": 9}), GOOD, meta=meta(EQUAL, (40,) * 9 + (0,))),
    ),
}


@pytest.mark.parametrize("what", NEARLY)
def test_what_is_close_to_it_is_not_told(what: str) -> None:
    rule, curves = NEARLY[what]
    assert RULES[rule].find(curves) is None


@pytest.mark.parametrize("losses", [(0.9, 0.5, 0.8, 0.45, 0.7, 0.4), (2.0, 1.6, 1.0, 0.5, 0.3, 0.45)])
def test_a_swing_is_told_by_how_it_ends_or_by_how_often_it_comes(losses: tuple[float, ...]) -> None:
    given = rows([(one, 0.8) for one in losses], [(0.5, 0.8)] * 6)
    assert RULES["rate_too_high"].find(RunCurves(a_run(), given))


def test_what_the_counts_of_the_classes_show() -> None:
    found = RULES["class_imbalance"].find(RunCurves(a_run(), with_balanced(GOOD, 0.6), meta=meta(UNEQUAL)))
    assert found and found.numbers["most"] == 600 and found.numbers["least"] == 50
    assert found.advice.changes == {"loss.name": "weighted_cross_entropy"}
    never = RULES["class_never_predicted"].find
    run = a_run(summary=SUMMARY | {"classes_named": 9})
    equal, rare = (never(RunCurves(run, GOOD, meta=meta(counts))) for counts in (EQUAL, UNEQUAL))
    assert equal and set(equal.advice.changes) == {"training.epochs"}
    assert rare and set(rare.advice.changes) == {"loss.name"}


def test_a_class_of_which_too_few_are_held_out_is_told_whatever_validation_says() -> None:
    find = RULES["class_imbalance"].find
    curves = with_balanced(GOOD, 0.97)
    found = find(RunCurves(a_run(), curves, meta=meta((110, *(6,) * 9))))
    assert found and found.numbers["least"] == 6 and set(found.advice.changes) == {"loss.name"}
    assert find(RunCurves(a_run({"data.validation": 0.0}), curves, meta=meta((110, *(6,) * 9)))) is None
    assert find(RunCurves(a_run(), curves, meta=meta(UNEQUAL))) is None


def test_what_is_small_and_still_learns_has_not_levelled_off() -> None:
    slow = [(2.376, 0.114), (2.306, 0.13), (2.233, 0.128), (2.175, 0.162), (2.129, 0.164), (2.094, 0.162)]
    assert RULES["underfitting"].find(RunCurves(a_run(), rows(slow, slow))) is None
    low = rows(slow, [(2.3, 0.12)] * 6)
    assert "class_never_predicted" in RULES["rate_too_low"].explains and "underfitting" not in names(a_run(), low)


def test_whether_a_class_is_never_named_is_told_of_the_validation_images_where_there_are_some() -> None:
    never, known = RULES["class_never_predicted"].find, meta(EQUAL)
    run = a_run(summary=SUMMARY | {"classes_named": 9, "val_classes_named": 10})
    assert never(RunCurves(run, GOOD, meta=known)) is None, "advice would follow from the test images"
    missed = a_run(summary=SUMMARY | {"val_classes_named": 8})
    found = never(RunCurves(missed, GOOD, meta=known))
    assert found and "For the 144 validation images the model names only 8 of 10" in found.evidence.words()
    on_test = a_run({"data.validation": 0.0}, summary=SUMMARY | {"classes_named": 9, "val_classes_named": 10})
    found = never(RunCurves(on_test, GOOD, meta=known))
    assert found and "For the 360 test images the model names only 9 of 10" in found.evidence.words()


SWINGS = SHOWN["rate_too_high"]


def test_a_strong_weight_decay_is_named_before_the_rate() -> None:
    for rule in ("rate_too_high", "rate_too_low"):
        run = a_run({"optimizer.weight_decay": 1.0, "optimizer.lr": 0.0001})
        found = RULES[rule].find(RunCurves(run, SHOWN[rule]))
        assert found and found.advice.changes == {"optimizer.weight_decay": 0.0}


def test_the_loss_of_mixed_images_may_swing() -> None:
    assert RULES["rate_too_high"].find(RunCurves(a_run(), SWINGS))
    for mixing in ("augment.mixup", "augment.cutmix"):
        assert RULES["rate_too_high"].find(RunCurves(a_run({mixing: 0.4}), SWINGS)) is None


def test_strong_augmentation_that_is_not_learned_yet_is_no_end_of_learning() -> None:
    hard = rows(
        [(2.2, 0.2), (1.6, 0.46), (1.44, 0.5), (1.24, 0.58), (1.1, 0.62), (0.9, 0.71)],
        [(1.9, 0.4), (1.2, 0.57), (0.9, 0.7), (0.93, 0.7), (0.62, 0.8), (0.55, 0.83)],
    )
    find = RULES["validation_above_training"].find
    longer = find(RunCurves(a_run({"augment.shift": 0.3, "training.epochs": 6}), hard))
    assert longer and longer.advice.changes == {"training.epochs": 12}
    light = rows([(1.0, 0.7), (0.4, 0.85), (0.36, 0.86)], [(0.6, 0.8), (0.2, 0.95), (0.15, 0.97)])
    for changes, curves in (({"augment.shift": 0.05}, light), ({"augment.mixup": 0.4}, hard)):
        no_fault = find(RunCurves(a_run(changes), curves))
        assert no_fault and "no fault" in no_fault.advice.words.words() and not no_fault.advice.changes


def test_what_is_remembered_of_random_labels_is_no_matter_of_augmentation() -> None:
    remembered = rows([(2.0, 0.3), (1.5, 0.5), (1.0, 0.7)], [(2.3, 0.1), (2.6, 0.1), (3.0, 0.1)])
    found = RULES["overfitting"].find(RunCurves(a_run(), remembered))
    assert found and not found.advice.changes and "whether the labels fit" in found.advice.words.words()


def test_features_of_random_weights_are_named() -> None:
    found = RULES["stuck_at_chance"].find(RunCurves(a_run({"model.trains": "head"}), SHOWN["stuck_at_chance"]))
    assert found and found.advice.changes == {"model.trains": "all"}


def test_of_a_few_test_images_a_class_may_be_missed_by_chance() -> None:
    run = a_run(summary=SUMMARY | {"classes_named": 8, "test_total": 12})
    assert RULES["class_never_predicted"].find(RunCurves(run, GOOD, meta=meta(EQUAL))) is None


def test_what_only_undid_its_first_steps_was_not_still_learning() -> None:
    back = rows([(0.1, 0.98), (0.05, 1.0)], [(0.067, 0.98), (0.04, 1.0)], begun=0.042)
    assert RULES["rate_too_low"].find(RunCurves(a_run(), back)) is None


def test_a_fork_is_judged_by_its_own_epochs() -> None:
    run = a_run(origin=Origin("aaaaaaaa", "first", 6))
    assert RunCurves(run, SHOWN["rate_too_high"]).epochs == []
    assert [one.epoch for one in RunCurves(replace(run, origin=Origin("a", "first", 4)), GOOD).epochs] == [5, 6]


def test_a_model_that_is_too_small_is_advised_to_grow() -> None:
    run = a_run(summary=SUMMARY | {"classes_named": 6})
    poor = rows([(1.7, 0.4)] * 6, [(1.7, 0.42)] * 6)
    found = RULES["class_never_predicted"].find(RunCurves(run, poor, meta=meta(EQUAL)))
    assert found and set(found.advice.changes) == {"model.widths", "model.channels"}


def test_a_rate_far_above_the_usual_one_is_never_advised_to_be_higher() -> None:
    falling = SHOWN["rate_too_low"]
    found = RULES["rate_too_low"].find(RunCurves(a_run({"optimizer.lr": 0.05}), falling))
    assert found and found.advice.changes == {"optimizer.lr": 0.001}


def test_steps_that_threw_the_model_back_are_told() -> None:
    slow = rows([(2.0, 0.3), (1.5, 0.5), (1.2, 0.6), (1.0, 0.7), (0.9, 0.7)], [(1.5, 0.5)] * 5)
    spike = [StepRow(place, place / 10, {"loss": loss}, 0.0) for place, loss in enumerate((2.3, 6.3, 4.0, 2.1))]
    found = RULES["rate_too_high"].find(RunCurves(a_run({"optimizer.lr": 0.05}), slow, spike))
    assert found and found.advice.changes == {"optimizer.lr": 0.001} and found.numbers["peak"] == 6.3
    assert RULES["rate_too_high"].find(RunCurves(a_run({"optimizer.lr": 0.005}), slow, spike)) is None
    assert RULES["rate_too_high"].find(RunCurves(a_run({"optimizer.lr": 0.05}), slow, spike[:1])) is None


@pytest.mark.parametrize("rule", SHOWN)
def test_a_curve_that_shows_it_is_told(rule: str) -> None:
    first = verdicts(a_run(), SHOWN[rule])[0]
    assert first.rule.name == rule and first.finding.numbers


def test_what_a_rule_explains_is_not_told_beside_it() -> None:
    stuck = SHOWN["stuck_at_chance"]
    assert RULES["underfitting"].find(RunCurves(a_run(), stuck)) and names(a_run(), stuck) == ["stuck_at_chance"]


@pytest.mark.parametrize(("named", "begins"), [(1, "The model names one class alone"), (4, "The model answers hardly")])
def test_a_model_stuck_at_chance_that_names_one_class_is_told_so(named: int, begins: str) -> None:
    run = a_run(summary=SUMMARY | {"classes_named": named, "classes": 10})
    assert verdicts(run, SHOWN["stuck_at_chance"])[0].finding.evidence.words().startswith(begins)


def test_a_good_curve_is_not() -> None:
    assert names(a_run(), GOOD) == []


@pytest.mark.parametrize("given", [[], GOOD[:1], [row(0, None, (math.nan, 0.1))]], ids=["none", "untrained", "nan"])
def test_without_an_epoch_there_is_nothing_to_say(given: list[EpochRow]) -> None:
    """As of weights that were loaded from a file."""
    assert names(a_run(), given) == names(a_run(summary=None), given) == []


def test_one_epoch_has_no_slope() -> None:
    assert names(a_run(), rows([(2.2, 0.2)], [(2.1, 0.25)])) == []
    assert names(a_run(), rows([(2.3, 0.1)], [(2.3, 0.1)])) == ["stuck_at_chance"]


def test_numbers_that_are_none_are_left_out() -> None:
    broken = [*GOOD, row(7, (math.nan, 0.1), (math.inf, 0.1)), EpochRow(8, 80, {"lr": 0.1}, 8.0)]
    assert names(a_run(), broken) == []


def test_a_run_that_was_resumed_is_read_like_any_other() -> None:
    """Its first rows may be gone; those that are there say the same."""
    overfits = SHOWN["overfitting"]
    assert names(a_run(), overfits[3:]) == ["overfitting"]
    assert names(a_run(), SHOWN["rate_too_low"][1:]) == []  # nothing tells how far it fell


def test_what_an_earlier_version_did_not_count_is_not_guessed() -> None:
    old = a_run(summary={"test_accuracy": 0.1})
    assert names(old, SHOWN["stuck_at_chance"]) == names(old, SHOWN["underfitting"]) == []


def test_a_run_that_was_stopped_or_failed_for_another_reason_is_not_judged(lab) -> None:
    for state, outcome in (("cancelled", None), ("paused", None), ("failed", {"code": "out_of_memory", "text": ""})):
        run = a_run(state=state, outcome=outcome)
        assert diagnosis.verdicts_of(run, SHOWN["stuck_at_chance"], [], lab) == []


def test_a_run_that_failed_by_its_loss_says_where_and_nothing_else() -> None:
    outcome = {"code": DIVERGED, "text": "…", "values": {"epoch": 3, "lr": 10.0, "value": math.nan}}
    (only,) = verdicts(a_run({"optimizer.lr": 10.0}, state="failed", summary=None, outcome=outcome), GOOD)
    assert only.finding.numbers == {"epoch": 3, "lr": 10.0}
    assert only.finding.advice.changes == {"optimizer.lr": 0.001}


def test_a_bad_start_that_was_overcome_is_no_divergence() -> None:
    assert names(a_run(), [GOOD[0], row(1, (500.0, 0.3), (1.0, 0.7)), *GOOD[2:]]) == []


def test_the_best_epoch_on_the_test_set_was_chosen_and_the_last_one_was_not() -> None:
    config = {"data.validation": 0.0}
    assert names(a_run(config), GOOD[:5]) == []
    best_before = [*GOOD[:5], row(5, (0.08, 0.98), (0.14, 0.95))]
    assert names(a_run(config), best_before) == ["chosen_on_test"] and names(a_run(), best_before) == []


def test_label_noise_of_few_images_is_no_noise_of_the_run() -> None:
    """Of 144 images, one more or less is 0.7 %."""
    shaking = [(0.15, share / VAL) for share in (137, 139, 137, 138, 137, 139)]
    assert names(a_run(), rows([(0.1, 0.97)] * 6, shaking)) == []


def test_a_rate_that_decays_with_a_schedule_gets_a_lower_rate_instead_of_the_schedule() -> None:
    (one,) = verdicts(a_run({"schedule.name": "cosine"}), SHOWN["noisy_epochs"])
    assert set(one.finding.advice.changes) == {"optimizer.lr"}


def test_remedies_come_one_at_a_time_and_end() -> None:
    """More images first; when all is in use, only words are left but for stopping in time."""
    changes: dict[str, Any] = {"data.limit": 500}
    tried = []
    while new := verdicts(a_run(changes), SHOWN["overfitting"])[0].finding.advice.changes:
        tried.append(next(iter(new)))
        if tried[-1] == "training.epochs":
            break
        changes |= new
    assert tried == ["data.limit", "augment.shift", "model.dropout", "optimizer.weight_decay", "training.epochs"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS.entries)
@pytest.mark.parametrize("model", MODELS.entries)
def test_what_a_rule_would_change_is_a_setting_of_every_run(model: str, optimizer: str) -> None:
    for rate in (1e-7, 1e-4, 0.1, 10.0):
        run = a_run({"model.name": model, "optimizer.name": optimizer, "optimizer.lr": rate})
        found = [one for given in SHOWN.values() for one in verdicts(run, given)]
        assert len(found) >= len(SHOWN)
        for one in found:
            after = run.config.replace(one.finding.advice.changes)
            assert (after != run.config) == bool(one.finding.advice.changes)


def test_weights_from_imagenet_are_not_told_the_usual_rate() -> None:
    run = a_run({"model.name": "resnet18", "model.weights": "imagenet", "optimizer.name": "sgd", "optimizer.lr": 0.3})
    (one, *_others) = verdicts(run, SHOWN["rate_too_high"])
    assert one.finding.advice.changes == {"optimizer.lr": 0.03}


def test_rules_explain_rules_that_there_are() -> None:
    for rule in RULES.entries.values():
        assert set(rule.explains) <= RULES.entries.keys() - {rule.name}
        assert rule.title and rule.about.endswith(".")
    orders = [rule.order for rule in RULES.entries.values()]
    assert orders == sorted(set(orders))


def test_a_rule_of_an_extension_that_fails_is_named_and_harms_nothing(monkeypatch, capsys) -> None:
    def broken(curves: RunCurves) -> Finding | None:
        raise ZeroDivisionError("division by zero")

    more = RuleSpec(name="theirs", title="Theirs", about="Fails.", find=broken, order=99)
    monkeypatch.setitem(RULES.entries, "theirs", more)
    monkeypatch.setattr(type(RULES), "is_built_in", lambda self, name: name != "theirs")
    assert names(a_run(), SHOWN["overfitting"]) == ["overfitting"]
    assert "theirs" in capsys.readouterr().err
