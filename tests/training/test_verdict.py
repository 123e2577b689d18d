"""What a score is worth."""

import pytest
from scipy.stats import binomtest

from core.training.verdict import Measured, baseline, doubts, interval, uncertainty


def plain(words: str) -> str:
    """The same with ordinary spaces."""
    return " ".join(words.split())


@pytest.mark.parametrize(("correct", "total"), [(0, 10), (10, 10), (95, 100), (1, 3), (9654, 10_000), (354, 360)])
def test_the_interval_is_wilsons(correct: int, total: int) -> None:
    asked = binomtest(correct, total).proportion_ci(0.95, "wilson")
    assert interval(correct, total) == pytest.approx((asked.low, asked.high), abs=1e-6)


@pytest.mark.parametrize("total", [1, 20, 144, 360, 1293, 9999])
def test_an_interval_holds_its_own_share_at_the_ends(total: int) -> None:
    assert interval(total, total)[1] == 1.0 and interval(0, total)[0] == 0.0
    assert interval(total, total)[0] < 1.0 and interval(0, total)[1] > 0.0


def test_an_interval_in_words() -> None:
    assert plain(uncertainty(95, 100)) == "95 % interval 88.82 % to 97.85 %"
    assert plain(uncertainty(9500, 10_000)) == "95 % interval 94.56 % to 95.41 %" and interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((190, 200, 190, 1, 2), ["one class only"]),  # 95 % that no model is needed for
        ((36, 360, 36, 1, 10), ["one class only"]),
        ((188, 200, 190, 2, 2), ["no better than guessing, as far as 200 images"]),
        ((194, 200, 190, 2, 2), ["no better than guessing"]),  # within what chance does
        ((199, 200, 190, 2, 2), []),
        ((354, 360, 37, 10, 10), []),
        ((300, 360, 37, 9, 10), ["1 of the 10 classes is never named"]),
        ((1, 1, 1, 1, 3), ["as far as 1 image can tell"]),  # of one image it can name one class alone
        ((3, 8, 4, 1, 3), ["as far as 8 images can tell"]),
        ((0, 0, 0, 0, 2), []),
    ],
)
def test_a_score_that_says_little_says_so(counts: tuple[int, int, int, int, int], words: list[str]) -> None:
    found = [plain(one) for one in doubts(*counts)]
    assert len(found) == len(words) and all(said in one for said, one in zip(words, found, strict=True))


def test_what_stands_beside_a_runs_score() -> None:
    summary = {"test_correct": 354, "test_total": 360, "largest_class": 37, "classes_named": 10,
               "classes": 10, "copies_of_training": 0}  # fmt: skip
    assert Measured.of_summary(summary).said == [baseline(37, 360)] and "10.28 %" in plain(baseline(37, 360))
    assert "3 of the 360 images" in Measured.of_summary(summary | {"copies_of_training": 3}).doubts[0]
    assert Measured.of_summary({"test_correct": 354, "test_total": 360}).said == []  # of an earlier version
