"""The text of a CSV file."""

import csv
import io

from core.files.csv_text import csv_text
from core.inference.many_pictures import AnsweredFile, table_text


def test_text_is_no_formula_and_nothing_is_empty() -> None:
    text = csv_text(("file", "share"), [("=1+1.png", 0.5), ('a, "b"', None)])
    assert text == 'file,share\n\'=1+1.png,0.5\n"a, ""b""",\n'


def test_a_class_has_one_name_in_headings_and_cells() -> None:
    row = AnsweredFile("a.png", answer="=1+1", probability=1.0, accepted=True, probabilities=(1.0, 0.0))
    (found,) = csv.DictReader(io.StringIO(table_text([row], ("=1+1", "two"))))
    assert found["answer"] == "'=1+1" and float(found[f"p({found['answer']})"]) == 1
    assert csv_text(("=1+1",), []) == "'=1+1\n"


def test_a_row_without_an_answer_has_all_columns() -> None:
    heading, row = csv.reader(io.StringIO(table_text([AnsweredFile("a.png", problem="no ink")], ("one", "two"))))
    assert len(row) == len(heading)
