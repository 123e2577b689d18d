"""The text of a CSV file."""

from core.files.csv_text import csv_text


def test_text_is_no_formula_and_nothing_is_empty() -> None:
    text = csv_text(("file", "share"), [("=1+1.png", 0.5), ('a, "b"', None)])
    assert text == 'file,share\n\'=1+1.png,0.5\n"a, ""b""",\n'
