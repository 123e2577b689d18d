"""What is read from the curve of a learning-rate range test."""

import pytest

from core.training import lr_suggestion
from core.training.lr_suggestion import RangePoint, in_words, suggest


def points_of(losses: list[float], low: float = 1e-5, high: float = 1.0) -> list[RangePoint]:
    """A curve of these averages, evenly spread between two rates by ratio."""
    growth = (high / low) ** (1 / (len(losses) - 1))
    return [RangePoint(step, low * growth ** (step - 1), loss, loss) for step, loss in enumerate(losses, start=1)]


def test_the_suggestion_is_a_tenth_of_the_rate_with_the_lowest_loss():
    falls, rises = [2.3 - 0.0003 * i**2 for i in range(60)], [1.1 + 0.1 * i for i in range(41)]
    points = points_of([*falls, *rises])
    found = suggest(points)
    assert found and found.lowest_at == pytest.approx(points[60].lr) and found.lr == 0.001  # a tenth of 0.01
    assert found.rises_from and points[60].lr < found.rises_from < 1


def test_where_the_loss_comes_to_nothing_the_rate_counts_at_which_it_falls_fastest():
    """As of one layer over features that know the classes: its lowest loss is at a rate that spoils every model."""
    flat, falls, dwindles = [0.7] * 40, [0.7 - 0.05 * i for i in range(1, 11)], [0.2 * 0.93**i for i in range(1, 46)]
    points = points_of([*flat, *falls, *dwindles, 0.5, 1.0, 2.0, 3.0, 4.0])
    found = suggest(points)
    assert found and points[40].lr <= found.steepest_at <= points[50].lr and found.lowest_at == points[94].lr
    assert found.lr == pytest.approx(found.steepest_at, rel=0.3) and found.lr < found.lowest_at / 10


RISES, FALLS = [2.3 + 0.01 * i for i in range(100)], [2.3 - 0.02 * i for i in range(100)]


@pytest.mark.parametrize("losses", [RISES, FALLS, [], [2.3, 2.2]], ids=["rises", "falls", "none", "few"])
def test_no_rate_is_suggested_where_the_loss_only_rose_or_only_fell(losses):
    assert suggest(points_of(losses, high=lr_suggestion.HIGHEST_LR) if losses else []) is None


@pytest.mark.parametrize("lr,expected", [(0.0012, 0.001), (0.0042, 0.005), (0.0085, 0.01), (0.025, 0.03), (7e-5, 7e-5)])
def test_suggestions_are_round(lr, expected):
    assert lr_suggestion.rounded(lr) == pytest.approx(expected)


def test_it_is_said_with_its_reason_and_with_the_rate_of_the_settings():
    words = in_words(lr_suggestion.Suggestion(0.003, 0.02, 0.03, 0.5), 0.1)
    assert all(number in words for number in ("0.003", "0.02", "0.03", "0.1"))
    assert "No rate" in in_words(None, 0.1)
