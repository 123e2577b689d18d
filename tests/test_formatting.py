"""Numbers as people read them."""

import pytest

from core import formatting

THIN = formatting.THIN


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.9731, "97.31 %"), (1.0, "100.00 %"), (0.99999, "99.99 %"), (0.0, "0.00 %"), (0.00001, "< 0.01 %"), (None, "–")],
)
def test_percent_never_rounds_to_all_or_nothing(value: float | None, words: str) -> None:
    assert formatting.percent(value) == words.replace(" %", "\u00a0%")


def test_counts_have_thin_separators() -> None:
    assert formatting.count(1234567) == f"1{THIN}234{THIN}567"
    assert formatting.of(9660, 10000) == f"9{THIN}660 of 10{THIN}000"
    assert formatting.of(None, 3) == "–"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0 bytes"), (740, "740 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (5_640_000, "5.6 MB"),
     (9_960_000, "10 MB"), (999_700_000, "1.0 GB"), (120 * 10**9, "120 GB"), (2**62, f"4{THIN}611{THIN}686 TB")],
)  # fmt: skip
def test_sizes_in_bytes(value: int, words: str) -> None:
    assert formatting.size(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(2.302585, "2.303"), (0.0612345, "0.06123"), (123.456, "123.5"), (12345.6, "12346"), (0.0, "0.000"),
     (0.00001234, "1.234e-5"), (float("nan"), "not a number"), (None, "–")],
)  # fmt: skip
def test_loss_has_four_significant_digits(value: float | None, words: str) -> None:
    assert formatting.loss(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.001, "0.001"), (0.05, "0.05"), (3e-4, "3e-4"), (2.5e-7, "2.5e-7"), (0.0, "0"), (1.0, "1")]
)
def test_learning_rate(value: float, words: str) -> None:
    assert formatting.rate(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.42, "0.4 s"), (9.96, "10 s"), (59.7, "1 min"), (72, "1 min 12 s"), (3599.9, "1 h"), (7500, "2 h 5 min"),
     (273600, "3 d 4 h"), (None, "–")],
)  # fmt: skip
def test_duration_never_says_sixty(seconds: float | None, words: str) -> None:
    assert formatting.duration(seconds) == words


def test_ago() -> None:
    assert formatting.ago(1000, now=1010) == "just now"
    assert formatting.ago(1000, now=1000 + 300) == "5 min ago"
    assert formatting.ago(1000, now=1000 + 2 * 3600) == "2 h ago"


def test_speed_keeps_three_digits() -> None:
    assert formatting.speed(12345.6) == f"12{THIN}300 images/s"
    assert formatting.speed(883.4) == "883 images/s"
    assert formatting.speed(0.456) == "0.46 images/s"


def test_things_are_counted_in_one_or_many() -> None:
    assert [formatting.counted(n, "run") for n in (0, 1, 2, 1000)] == ["0 runs", "1 run", "2 runs", "1\u202f000 runs"]
    assert formatting.counted(2, "class", "classes") == "2 classes"
