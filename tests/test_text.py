"""Words that people gave."""

from core.text import CUT, distinct, lines, one_line


def test_one_line_has_only_what_can_be_seen() -> None:
    assert one_line(" a\tb\r\nc\x00\x1b\u202e\ud800 ") == "a b c" + 4 * "\N{REPLACEMENT CHARACTER}"
    assert one_line("Ωmega שלום 👩‍🔬 é") == "Ωmega שלום 👩‍🔬 é"
    assert one_line("word " * 5000, 20) == "word word word word" + CUT


def test_lines_are_kept() -> None:
    assert lines("a\n\n\x07b\n", 10) == "a\n\n\N{REPLACEMENT CHARACTER}b"
    assert len(lines("line\n" * 5000, 1000)) <= 1000


def test_names_that_would_read_alike_get_a_number() -> None:
    assert distinct(["a", "a\x00", "a\x01", "b"], 40) == ["a", "a\N{REPLACEMENT CHARACTER}",
                                                         "a\N{REPLACEMENT CHARACTER} 2", "b"]  # fmt: skip
    assert len(set(distinct(["x" * 50 + str(n) for n in range(30)], 20))) == 30
