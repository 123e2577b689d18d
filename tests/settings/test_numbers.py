"""One idea of what a number is, wherever one is typed."""

import pytest

from core.run_config import RunConfig
from core.settings.documents import read_json
from core.settings.numbers import typed_decimal, typed_whole
from pages.train.draft import check
from pages.train.numbers import parse_numbers

NONE = [
    "",
    " ",
    "abc",
    "1_0",
    "٣",
    "１",
    "1e999",
    "-1e999",
    "inf",
    "nan",
    "Infinity",
    "0x10",
    "1.2.3",
    "--1",
    "1e",
    "²",
]


@pytest.mark.parametrize(
    ("text", "value"), [("15", 15), (" 60 000 ", 60000), ("1\u202f000", 1000), ("-3", -3), ("+3", 3)]
)
def test_whole_numbers(text: str, value: int) -> None:
    assert typed_whole(text) == value and type(typed_whole(text)) is int


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.01", 0.01), (" 0,01 ", 0.01), ("1e-2", 0.01), ("3E+2", 300), (".5", 0.5), ("5.", 5), ("7", 7)],
)
def test_decimal_numbers(text: str, value: float) -> None:
    assert typed_decimal(text) == value


@pytest.mark.parametrize("text", NONE)
def test_anything_else_stays_what_was_typed(text: str) -> None:
    assert typed_whole(text) == typed_decimal(text) == text
    if text.strip():
        assert parse_numbers(text) == parse_numbers(text, float) == text


@pytest.mark.parametrize("text", ["1_0", "٣", "1e999"])
@pytest.mark.parametrize("name", ["optimizer.lr", "training.epochs"])
def test_the_form_and_the_command_line_refuse_the_same(text: str, name: str) -> None:
    read = typed_whole if name == "training.epochs" else typed_decimal
    errors = check(RunConfig().flat() | {name: read(text)}).errors
    assert list(errors) == [name] and "must be" in errors[name]
    try:
        value = read_json(text)
    except Exception:  # as --set does
        value = text
    with pytest.raises(Exception, match=f"{name} is .*; allowed: "):
        RunConfig().replace({name: value})
