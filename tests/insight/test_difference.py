"""Is one run better than another? Values by hand, from the papers' formulas, and by simulation."""

import math
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from core.insight.difference import (
    Group,
    PairedDifference,
    final_difference,
    final_scores,
    group_difference,
    judge,
    paired,
    spread_words,
    unpaired,
)
from core.insight.image_answers import ImageAnswers
from core.runs.store import Origin, Run
from tests.insight.test_comparison import a_run


def test_what_two_models_classified_correctly_is_counted():
    first = np.array([1, 1, 1, 0, 0, 0, 0], bool)
    second = np.array([1, 1, 0, 1, 1, 1, 0], bool)
    found = paired(first, second)
    assert (found.both, found.only_first, found.only_second, found.neither) == (2, 1, 3, 1)
    assert found.total == 7 and found.difference == pytest.approx(second.mean() - first.mean())


def test_mcnemar_is_the_exact_binomial_test():
    # Of 1 + 8 differing images: P = 2 * (C(9, 0) + C(9, 1)) / 2**9.
    assert PairedDifference(50, 1, 8, 41).p_value == pytest.approx(2 * (1 + 9) / 2**9)
    assert PairedDifference(50, 0, 0, 50).p_value == 1.0
    assert PairedDifference(9000, 48, 61, 891).p_value > 0.2


def test_the_interval_is_agresti_and_mins():
    """Their formula over (b - c) with half an image more in each cell, written out."""
    found = PairedDifference(794, 86, 150, 570)  # Agresti and Min's own example: the prime minister's approval
    n, b, c = 1600 + 2, 86 + 0.5, 150 + 0.5
    half = 1.959964 * math.sqrt(b + c - (c - b) ** 2 / n) / n
    assert found.interval == pytest.approx(((c - b) / n - half, (c - b) / n + half))
    assert found.interval == pytest.approx((0.0211, 0.0588), abs=5e-4)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random, held, truth = np.random.default_rng(0), 0, 0.03
    for _ in range(2000):
        counts = random.multinomial(200, [0.8, 0.05, 0.05 + truth, 0.1 - truth])
        low, high = PairedDifference(*map(int, counts)).interval
        held += low <= truth <= high
    assert 0.935 <= held / 2000 <= 0.98


def test_few_images_are_told_as_chance_and_many_not():
    words = PairedDifference(9800, 48, 61, 91).words("A", "B")
    assert words.startswith("“B” is right on 61 images where “A” is wrong, and wrong on 48 images where it is right")
    assert "may be chance" in words
    assert "rare" in PairedDifference(9000, 20, 90, 890).words("A", "B")
    assert "right on 1 image where" in PairedDifference(9, 0, 1, 0).words("A", "B")
    assert PairedDifference(9, 1, 1, 0).words("A", "B").endswith("no difference was measured.")
    assert "on the very same images" in PairedDifference(9, 0, 0, 1).words("A", "B")


def test_they_are_told_while_another_thread_imports_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))  # as it is then: nothing in it yet
    assert PairedDifference(50, 1, 8, 41).p_value < 0.05
    assert group_difference(Group((0.9, 0.91)), Group((0.95, 0.96))).p_value < 0.05


def test_a_group_has_the_samples_deviation():
    group = Group((0.97, 0.98, 0.99))
    assert group.mean == pytest.approx(0.98) and group.deviation == pytest.approx(0.01)
    assert Group((0.9,)).deviation is None


def test_groups_are_compared_by_welch():
    first, second = Group((0.970, 0.972, 0.968)), Group((0.980, 0.986, 0.974, 0.984))
    found = group_difference(first, second)
    assert found and found.difference == pytest.approx(0.011)
    # The variances are 4e-6 and 28e-6; the degrees of freedom are Welch–Satterthwaite's.
    error = math.sqrt(4e-6 / 3 + 28e-6 / 4)
    freedom = error**4 / ((4e-6 / 3) ** 2 / 2 + (28e-6 / 4) ** 2 / 3)
    from scipy.stats import t

    half = t.ppf(0.975, freedom) * error
    assert found.interval == pytest.approx((0.011 - half, 0.011 + half))
    assert "more than the seeds make up" in found.words("A", "B", 3)
    near = group_difference(first, Group((0.971, 0.969, 0.973)))
    assert near and "may be chance" in near.words("A", "B", 3)


def test_a_single_run_is_taken_to_have_the_spread_of_the_others_seeds():
    from scipy.stats import t

    found = group_difference(Group((0.90, 0.91, 0.92, 0.915)), Group((0.95,)))
    half = t.ppf(0.975, 3) * Group((0.90, 0.91, 0.92, 0.915)).deviation * math.sqrt(1 + 1 / 4)
    assert found and found.interval == pytest.approx((0.03875 - half, 0.03875 + half))
    assert "if those of the single run lie as far apart" in found.words("A", "B", 1)
    near = group_difference(Group((0.95,)), Group((0.95, 0.96)))
    assert near and "with 1 run in the smaller group, this may be chance" in near.words("A", "B", 1)


def test_equal_runs_leave_no_doubt_but_beside_a_single_one():
    assert group_difference(Group((0.9,)), Group((0.95, 0.95))) is None
    same = group_difference(Group((0.9, 0.9)), Group((0.9, 0.9)))
    assert same and same.interval == (0.0, 0.0) and same.p_value == 1.0
    apart = group_difference(Group((0.9, 0.9)), Group((0.95, 0.95)))
    assert apart and apart.interval == pytest.approx((0.05, 0.05)) and apart.p_value == 0.0


def test_of_counts_alone_the_interval_is_newcombes():
    """His example (a): 56 of 70 against 48 of 80 gives 0.0524 to 0.3339."""
    gain, interval = unpaired((48, 80), (56, 70))
    assert gain == pytest.approx(0.2) and interval == pytest.approx((0.0524, 0.3339), abs=5e-5)


def answered(right: int, wrong: int) -> ImageAnswers:
    """Answers to so many images, the right ones first."""
    labels, predicted = np.zeros(right + wrong, np.int64), np.repeat([0, 1], [right, wrong])
    return ImageAnswers(np.arange(right + wrong), labels, predicted, "one")


def test_two_runs_differ_by_points_with_an_interval() -> None:
    first, second = a_run("one", 1), a_run("two", 2)
    found = judge([first], [second], {first.id: answered(180, 20), second.id: answered(190, 10)})
    assert "Difference of the accuracies on these images: +5.00 points (95 % interval +" in found.words
    same = judge([first], [second], {first.id: answered(180, 20), second.id: answered(180, 20)})
    assert "points" not in same.words and not same.repeat


def test_more_seeds_are_offered_of_runs_that_can_have_some() -> None:
    first, fork = a_run("one", 1), a_run("two", 2, origin=Origin("00000001", "one", 3))
    found = judge([first], [fork], {first.id: answered(180, 20), fork.id: answered(181, 19)})
    assert found.repeat == (first,)


def test_seeds_are_told_by_their_mean_and_spread() -> None:
    runs = [a_run("one, seed 0", 1, summary={"test_accuracy": 0.9}, training__seed=0),
            a_run("one, seed 4", 2, summary={"test_accuracy": 0.94}, training__seed=4)]  # fmt: skip
    found = final_scores(runs)
    assert found and spread_words(runs, found) == (
        "“one (mean of 2 seeds)”, seeds 0, 4: 92.00\N{NO-BREAK SPACE}%, standard deviation 2.83 points"
    )
    assert final_scores([*runs, a_run("three", 3)]) is None


def test_scores_as_they_were_measured_at_the_ends_are_compared_as_far_as_counts_can() -> None:
    def scored(name: str, correct: int, **changes: int) -> Run:
        summary = {"test_accuracy": correct / 360, "test_correct": correct, "test_total": 360}
        return replace(a_run(name, **changes), summary=summary)

    one, better, much = scored("one", 340), scored("better", 344), scored("much", 359)
    assert "cannot tell" in final_difference([one], [better]) and "+1.11 points" in final_difference([one], [better])
    assert final_difference([one], [much]).startswith("Test accuracy: +5.28") and "tell" not in final_difference(
        [one], [much]
    )
    assert final_difference([one], [replace(better, summary=None)]) == ""
    seeds = [scored("A", correct) for correct in (340, 341, 342)]
    assert "more than the seeds make up" in final_difference(seeds, [scored("B", correct) for correct in (357, 358)])
    assert final_difference(seeds, [replace(better, summary=None)]) == ""
