"""Tables as CSV files."""

import csv as reader
import io

import pandas as pd
import pytest

from pages.components.csv import file_text, to_csv


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "a\r\n=1", '=HYPERLINK("http://e.org","a,b")', "＝1+1", "＋1",
     "－1", "＠SUM(A1)", "﹦1", "\u200b=1+1", "\u2060\xa0\u3000＝1", "\u3164=1", "\xad@A1"],
)  # fmt: skip
def test_no_cell_heading_or_row_name_is_a_formula(text: str) -> None:
    table = pd.DataFrame({text: [text, -1.5], "tags": [[text, "b"], []]}, index=[text, "b"])
    cells = [cell for row in reader.reader(io.StringIO(to_csv(table), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r")) or cell.strip() == text.strip()]
    assert "-1.5" in cells and len(cells) == 9


def test_two_levels_of_headings_keep_their_names() -> None:
    table = pd.DataFrame({("F1", "=a"): [0.5]}, index=pd.Index(["-b"], name="Class"))
    assert to_csv(table).splitlines() == ['"","F1"', """"","'=a\"""", '"Class",""', """"'-b",0.5"""]


def test_other_cells_stay_as_they_are() -> None:
    table = pd.DataFrame({"a": ["a;=1+1", None], "b": [1, 2], "c": [0.5, None], "d": [1, "one"]})
    assert to_csv(table, index=False) == '"a","b","c","d"\n"a;=1+1",1,0.5,1\n"",2,"","one"\n'


def test_a_file_says_that_it_is_utf_8() -> None:
    text = file_text(pd.DataFrame({"class": ["Äpfel"]}), index=False)
    assert text.encode().startswith(b"\xef\xbb\xbf") and "Äpfel" in text
