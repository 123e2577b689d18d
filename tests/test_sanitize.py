"""Words that people gave."""

import time
from unicodedata import normalize

import pytest

from core.sanitize import CUT, MAX_MARKS_PER_LETTER, NO_NAME, disambiguate, distinct, folder_name, lines, one_line


def test_one_line_has_only_what_can_be_seen() -> None:
    assert one_line(" a\tb\r\nc\x00\x1b\u202e\ud800 ") == "a b c" + 4 * "\N{REPLACEMENT CHARACTER}"
    assert one_line("Ωmega שלום 👩‍🔬 é") == "Ωmega שלום 👩‍🔬 é"
    assert one_line("word " * 5000, 20) == "word word word word" + CUT


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\xa0 \u3000", "\u2060\xad", "\u3164", "\u2800", "\ufe0f\u034f"])
def test_what_nobody_sees_is_empty(text: str) -> None:
    assert one_line(text) == one_line(text, 5) == ""
    assert one_line(text + "é") != ""


def test_accents_do_not_pile_up() -> None:
    assert one_line("a" + 199 * "\u0301" + "b") == "a" + MAX_MARKS_PER_LETTER * "\u0301" + "b"
    assert one_line("a" + 99 * "\u0301\u200d").count("\u0301") == MAX_MARKS_PER_LETTER  # nor with joiners between


@pytest.mark.parametrize("text", ["क्षत्रिय", "น้ำดื่ม ที่นี่", "יְרוּשָׁלִַ֖ם", "Tiếng Việt", "ညှို့", "ខ្ញុំស្រឡាញ់", "السَّلَامُ", "👩🏽‍🔬 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_scripts_keep_their_marks(text: str) -> None:
    assert one_line(text) == text
    assert one_line(normalize("NFD", text)) == normalize("NFD", text)


def test_lines_are_kept() -> None:
    assert lines("a\n\n\x07b\n", 10) == "a\n\n\N{REPLACEMENT CHARACTER}b"
    assert len(lines("line\n" * 5000, 1000)) <= 1000


def test_names_that_would_read_alike_get_a_number() -> None:
    assert distinct(["a", "a\x00", "a\x01", "b"], 40) == ["a", "a\N{REPLACEMENT CHARACTER}",
                                                         "a\N{REPLACEMENT CHARACTER} 2", "b"]  # fmt: skip
    assert len(set(distinct(["x" * 50 + str(n) for n in range(30)], 20))) == 30


def test_names_that_nobody_sees_get_words_and_a_number() -> None:
    assert distinct(["\u200b", "a", "\xa0", ""], 40) == [NO_NAME, "a", f"{NO_NAME} 2", f"{NO_NAME} 3"]


def test_many_names_that_read_alike_are_numbered_quickly() -> None:
    began = time.perf_counter()
    found = distinct([f"{'x' * 40}{number}" for number in range(20_000)], 40)
    assert time.perf_counter() - began < 5
    assert len(set(found)) == 20_000 and max(map(len, found)) == 40


def test_what_reads_the_same_is_told_apart():
    assert disambiguate({"a": "one", "b": "two", "c": "one"}, str.upper) == {"a": "one (A)", "b": "two", "c": "one (C)"}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("T-shirt/top", "T-shirt_top"),
        ("..", "__"),
        (".hidden", "_hidden"),
        ("ends. ", "ends"),
        ("nul.txt", "nul.txt_"),
        ("猫", "猫"),
        ("a\x00b", "a\N{REPLACEMENT CHARACTER}b"),
        (" ", ""),
    ],
)
def test_a_folder_is_called_so_that_any_system_takes_it(name: str, folder: str) -> None:
    assert folder_name(name) == folder
    assert len(folder_name("猫" * 300).encode()) <= 200
