"""Runs that differ in the seed alone."""

import pytest

from core.errors import BadInput
from core.runs.seeds import MAX_REPEATS, group_name, grouped, unused_seeds


def add(lab, config, name="", **changes):
    return lab.store.add(config.replace(changes), name, state="finished")


def test_runs_with_other_seeds_are_a_group(lab, small):
    a, b = add(lab, small), add(lab, small, **{"optimizer.lr": 0.01})
    c, d = add(lab, small, **{"training.seed": 7}), add(lab, small, **{"optimizer.lr": 0.01, "training.seed": 7})
    assert [[run.id for run in group] for group in grouped([a, b, c, d])] == [[a.id, c.id], [b.id, d.id]]


def test_seeds_that_were_used_are_left_out(lab, small):
    runs = [add(lab, small, **{"training.seed": seed}) for seed in (0, 2, 3)]
    other = add(lab, small, **{"training.seed": 1, "optimizer.lr": 0.01})
    assert unused_seeds(small, [*runs, other], 3) == [1, 4, 5]
    assert unused_seeds(small.replace({"training.seed": 9}), [], 10) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]


def test_a_run_is_repeated_with_new_seeds_and_named_for_them(quiet, digits, long, monkeypatch):
    monkeypatch.setattr(quiet.executor, "start_worker", lambda: None)
    first = quiet.store.add(long, "my net", state="finished")
    again = quiet.repeat(first.id, 2)
    assert [(run.name, run.config.training.seed, run.state) for run in again] == [
        ("my net, seed 1", 1, "queued"), ("my net, seed 2", 2, "queued"),
    ]  # fmt: skip
    more = quiet.repeat(again[0].id, 1)
    assert [(run.name, run.config.training.seed) for run in more] == [("my net, seed 3", 3)]
    for run in [*again, *more]:
        assert run.config.replace({"training.seed": 0}) == long
        quiet.cancel(run.id)


@pytest.mark.parametrize("seeds", [0, -1, MAX_REPEATS + 1])
def test_a_number_of_repeats_has_bounds(lab, small, seeds):
    run = add(lab, small)
    with pytest.raises(BadInput, match=f"1 to {MAX_REPEATS} times"):
        lab.repeat(run.id, seeds)
    assert len(lab.runs()) == 1


def test_the_same_seed_once_more_is_no_other_seed(lab, small):
    a, again, b = add(lab, small), add(lab, small), add(lab, small, **{"training.seed": 7})
    assert [[run.id for run in group] for group in grouped([a, again, b])] == [[a.id, b.id], [again.id]]
    assert group_name([a]) == a.name
