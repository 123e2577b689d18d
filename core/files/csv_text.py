"""The text of a CSV file."""

import csv
import io
from collections.abc import Iterable, Sequence

from core.sanitize import escape_formula


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A line of headings, and one for each row. No text in it is a formula to a spreadsheet; None is empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(escape_formula(name) for name in columns)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return buffer.getvalue()
