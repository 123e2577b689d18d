"""Names inside markdown. That a browser shows them as text is seen in tests/browser/test_hostile_text.py."""

import html

import pytest

from pages.components.markdown import JOIN, MAX_CHARS, escape_markdown


@pytest.mark.parametrize("text", [
    "a *b* [c](d) :material/x: $e$ <b>&lt;</b>", "Ωmega 3", "- item", "1. item", "12) item", "# title", "a -> b -- c",
    "http://example.org www.example.org a@example.org", "`code` ~~gone~~ \\*", ":+1: :smile: :red[x]", "22:34",
])  # fmt: skip
def test_what_is_shown_is_what_was_given(text: str) -> None:
    assert html.unescape(escape_markdown(text)).replace(JOIN, "") == text


def test_no_mark_is_left_and_words_are_not_touched() -> None:
    written = escape_markdown("\\`*_[]<>&$~ :red[x]")
    assert not set(written) & set("\\`*_[]<>$~")
    assert escape_markdown("CNN on Digits (8 × 8), 2: 97.3 %") == "CNN on Digits (8 × 8), 2: 97.3 %"


def test_it_is_one_line_of_what_can_be_seen() -> None:
    assert escape_markdown("a\nb\x1b[31m\u202ec") == "a b\N{REPLACEMENT CHARACTER}&#91;31m\N{REPLACEMENT CHARACTER}c"
    assert len(escape_markdown("x" * 10**6)) == MAX_CHARS
