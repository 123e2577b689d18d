"""Numbers as people read them."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import formatting
from core.translations import language

ROOT = Path(__file__).parents[1]

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


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("de", ["1.234.567", "97,31 %", "99,99 %", "< 0,01 %", "5,6 MB", "0,06123", "12346", "3e-4", "0,4 Sek.",
                "1 Min. 12 Sek.", "vor 5 Min.", "vor 2 Std.", "vor 3 Tagen", "0,46 images/s", "28. Nov. 09:34"]),
        ("fr", ["1 234 567", "97,31 %", "99,99 %", "< 0,01 %", "5,6 Mo", "0,06123", "12346", "3e-4", "0,4 s",
                "1 min 12 s", "il y a 5 min", "il y a 2 h", "il y a 3 j", "0,46 images/s", "28 nov. 09:34"]),
        ("tr", ["1.234.567", "%97,31", "%99,99", "< %0,01", "5,6 MB", "0,06123", "12346", "3e-4", "0,4 sn.",
                "1 dk. 12 sn.", "5 dk. önce", "2 sa. önce", "3 gün önce", "0,46 images/s", "28 Kas 09:34"]),
    ],
)  # fmt: skip
def test_other_languages_have_their_own_marks_units_and_dates(code: str, words: list[str]) -> None:
    morning = time.mktime((2025, 11, 28, 9, 34, 0, 0, 0, -1))
    token = language.set(code)
    try:
        written = [
            formatting.count(1234567), formatting.percent(0.9731), formatting.percent(0.99999),
            formatting.percent(1e-5), formatting.size(5_640_000), formatting.loss(0.0612345), formatting.loss(12345.6),
            formatting.rate(3e-4), formatting.duration(0.42), formatting.duration(72), formatting.ago(0, 300),
            formatting.ago(0, 2.7 * 3600), formatting.ago(0, 3.6 * 86400), formatting.speed(0.456),
            formatting.moment(morning),
        ]  # fmt: skip
    finally:
        language.reset(token)
    # Which of the two no-break spaces a language has differs between versions of its data.
    assert [re.sub(r"[\u00a0\u202f]", " ", word) for word in written] == words


def test_a_language_that_is_not_known_is_written_as_english() -> None:
    token = language.set("en_XA")
    try:
        assert (formatting.count(1234), formatting.duration(72)) == (f"1{THIN}234", "1 min 12 s")
    finally:
        language.reset(token)


def test_english_needs_no_babel() -> None:
    code = "import sys, core.formatting as f; f.count(1234), f.percent(0.5), f.ago(0), f.moment(0); "
    done = subprocess.run([sys.executable, "-c", code + "sys.exit('babel' in sys.modules)"], cwd=ROOT)
    assert done.returncode == 0
