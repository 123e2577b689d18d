"""Which images a run trains on and is measured on."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.stratified import hold_out, stratified
from core.errors import BadInput
from core.loading.settings import DataConfig
from core.loading.split import by_name, parts, role, val_is_test
from core.prepared.arrays import Prepared

LABELS = st.lists(st.integers(0, 6), min_size=1, max_size=120).map(np.array)


def _set(**splits: list[int]) -> Prepared:
    """A prepared set that has only labels."""
    starts = dict(zip(splits, np.cumsum([0, *(len(one) for one in splits.values())]), strict=False))
    labels = np.concatenate([np.array(one, np.int64) for one in splits.values()])
    return cast(
        Prepared,
        SimpleNamespace(
            labels=labels,
            copies=None,
            indices=lambda name: np.arange(len(splits.get(name, []))) + starts.get(name, 0),
            meta=SimpleNamespace(
                title="Toy", count=len(labels), splits={name: len(one) for name, one in splits.items()}
            ),
        ),
    )


@given(LABELS, st.integers(1, 130), st.integers(0, 2**32))
def test_a_hold_out_is_fair(labels: np.ndarray, total: int, seed: int) -> None:
    chosen = stratified(labels, total, seed)
    counts, taken = np.bincount(labels, minlength=7), np.bincount(labels[chosen], minlength=7)
    assert (np.diff(chosen) > 0).all()
    assert (taken[counts == 1] == 0).all() and (taken[counts >= 2] >= 1).all()
    assert (taken < counts)[counts > 0].all(), "every class keeps one"
    most = int(np.maximum(counts - 1, 0).sum())
    assert len(chosen) == min(max(total, int((counts >= 2).sum())), most)
    np.testing.assert_array_equal(chosen, stratified(labels, total, seed))


@given(LABELS, st.integers(1, 130), st.integers(0, 2**32))
def test_a_limit_is_exact_and_in_proportion(labels: np.ndarray, total: int, seed: int) -> None:
    chosen = stratified(labels, total, seed, whole=True)
    counts, taken = np.bincount(labels, minlength=7), np.bincount(labels[chosen], minlength=7)
    assert len(chosen) == min(total, len(labels)) and (np.diff(chosen) > 0).all()
    if total >= np.count_nonzero(counts):
        assert (taken[counts > 0] >= 1).all()
    if (counts * total >= len(labels))[counts > 0].all():  # nobody needs a favour: plain proportion, rounded
        assert (np.abs(taken - np.minimum(counts * total / len(labels), counts)) < 1).all()


@given(LABELS, st.integers(1, 130), st.integers(0, 2**32), st.integers(1, 40))
def test_a_hold_out_keeps_copies_together(labels: np.ndarray, total: int, seed: int, kinds: int) -> None:
    copies = np.random.default_rng(seed).integers(0, kinds, len(labels))  # some under several classes
    chosen = hold_out(labels, total, seed, copies)
    rest = np.delete(np.arange(len(labels)), chosen)
    assert not set(copies[chosen]) & set(copies[rest])
    counts = np.bincount(labels, minlength=7)
    groups = [set(copies[labels == one]) for one in range(7)]
    if all(len(set(labels[copies == kind])) == 1 for kind in set(copies)):  # none under two classes
        taken = np.bincount(labels[chosen], minlength=7)
        possible = np.array([len(of_class) > 1 for of_class in groups])
        assert (taken[possible] >= 1).all() and (taken < counts)[counts > 0].all()


def test_a_hold_out_without_copies_is_as_it_was() -> None:
    labels = np.arange(500) % 5
    np.testing.assert_array_equal(stratified(labels, 99, 3), hold_out(labels, 99, 3, np.arange(500) * 7))


def test_another_seed_chooses_others() -> None:
    labels = np.arange(500) % 5
    assert not np.array_equal(stratified(labels, 100, 0), stratified(labels, 100, 1))


def test_the_choice_is_the_same_everywhere() -> None:
    assert stratified(np.arange(30) % 3, 6, 7).tolist() == [0, 7, 13, 14, 20, 24]


def test_tutorials_measure_on_the_test_part() -> None:
    one = parts(_set(train=[0, 1] * 10, test=[0, 1] * 3), 0, None, 0)
    assert one.train.tolist() == list(range(20))
    assert one.val.tolist() == one.test.tolist() == list(range(20, 26))
    assert one.val_split == one.test_split == "test" and not one.held_out


def test_where_there_is_no_test_its_val_is_measured() -> None:
    one = parts(_set(train=[0, 1] * 10, val=[0, 1] * 3), 0, None, 0)
    assert one.val.tolist() == one.test.tolist() == list(range(20, 26))
    assert one.val_split == one.test_split == "val" and not one.held_out


def test_both_val_and_test() -> None:
    three = _set(train=[0, 1] * 10, val=[0, 1] * 3, test=[0, 1])
    own = parts(three, 0.1, None, 0)
    assert own.train.tolist() == list(range(20)) and own.val.tolist() == list(range(20, 26))
    assert own.test.tolist() == [26, 27] and own.val_split == "val" and own.test_split == "test" and own.held_out
    tutorial = parts(three, 0, None, 0)
    assert tutorial.val.tolist() == [26, 27] and tutorial.val_split == "test"


@pytest.mark.parametrize("measured", ["test", "val"])
def test_a_hold_out_is_cut_from_training(measured: str) -> None:
    toy = _set(train=[0] * 30 + [1] * 10, **{measured: [0, 1] * 3})
    one = parts(toy, 0.2, None, 3)
    assert one.val_split == "validation" and one.test_split == measured and one.held_out
    assert np.bincount(toy.labels[one.val]).tolist() == [6, 2]
    assert sorted([*one.train, *one.val]) == list(range(40)) and one.test.tolist() == list(range(40, 46))


def test_the_limit_cuts_training_only_and_after_the_hold_out() -> None:
    toy = _set(train=[0] * 300 + [1] * 100, test=[0, 1] * 3)
    full, cut = parts(toy, 0.1, None, 5), parts(toy, 0.1, 40, 5)
    np.testing.assert_array_equal(cut.val, full.val)
    np.testing.assert_array_equal(cut.test, full.test)
    assert set(cut.train) < set(full.train) and np.bincount(toy.labels[cut.train]).tolist() == [30, 10]
    assert len(parts(toy, 0, 10_000, 5).train) == 400
    assert len(parts(toy, 0, 1, 5).train) == 1


@pytest.mark.parametrize(("validation", "limit"), [(1.0, None), (-0.1, None), (0.1, 0)])
def test_impossible_shares(validation: float, limit: int | None) -> None:
    with pytest.raises(BadInput):
        parts(_set(train=[0, 1] * 10, test=[0, 1]), validation, limit, 0)


def test_too_few_to_hold_any_out() -> None:
    with pytest.raises(BadInput, match="“Toy” has too few images"):
        parts(_set(train=[0, 1], test=[0, 1]), 0.5, None, 0)


# What the parts are called

SETS = [{"train", "test"}, {"train", "val"}, {"train", "val", "test"}]


def _like(splits: set[str]) -> Prepared:
    return _set(
        **{name: [0, 1] * (20 if name == "train" else 3) for name in ("train", "val", "test") if name in splits}
    )


@pytest.mark.parametrize("splits", SETS, ids=lambda splits: "+".join(sorted(splits)))
@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_the_settings_alone_say_what_is_measured_after_every_epoch(splits: set[str], validation: float) -> None:
    toy = _like(splits)
    one = parts(toy, validation, None, 0)
    measured_on = DataConfig(validation=validation).measured_on
    np.testing.assert_array_equal(one.val, by_name(toy, one)[measured_on])
    assert (measured_on == "val") == one.held_out


@pytest.mark.parametrize("splits", SETS, ids=lambda splits: "+".join(sorted(splits)))
@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_no_image_has_two_names_and_nothing_but_training_is_learnt_from(splits: set[str], validation: float) -> None:
    toy = _like(splits)
    one = parts(toy, validation, None, 0)
    found = by_name(toy, one)
    together = np.concatenate(list(found.values()))
    assert len(set(together.tolist())) == len(together) == toy.meta.count
    for own in toy.meta.splits:
        if own != "train":  # what the set's page calls them, the run calls them, too
            np.testing.assert_array_equal(found[role(own, toy.meta.splits)], toy.indices(own))
    assert ("val" in found) == (validation > 0 or splits == {"train", "val", "test"})


def test_val_is_the_test_set_where_there_is_no_other() -> None:
    assert role("val", {"train": 9, "val": 3}) == "test" and val_is_test({"train": 9, "val": 3})
    assert role("val", {"train": 9, "val": 3, "test": 3}) == "val" and not val_is_test(
        {"train": 9, "val": 3, "test": 3}
    )
    assert role("train", {"train": 9}) == "train" and not val_is_test({"train": 9, "test": 3})
