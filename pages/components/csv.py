"""Tables as CSV files. Streamlit's own download of a table is hidden (frame.css): it hands formulas on as they are."""

from collections.abc import Callable
from csv import QUOTE_NONNUMERIC
from typing import Any

import pandas as pd
import streamlit as st

from core.locale import _
from core.sanitize import escape_formula

BYTE_ORDER_MARK = "\ufeff"


def download_button(
    table: Callable[[], pd.DataFrame], file: str, *, label: str | None = None, key: str, **more: Any
) -> None:
    """A button that makes the file when it is pressed; `more` is for `to_csv`."""
    text_button(lambda: file_text(table(), **more), file, label=label, key=key)


def text_button(text: Callable[[], str], file: str, *, label: str | None = None, key: str) -> None:
    """The same of a text that is CSV already, and has what `file_text` puts before it."""
    st.download_button(
        label or _("Download as CSV"),
        text,
        file_name=file,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )


def file_text(table: pd.DataFrame, **more: Any) -> str:
    """The text of a file: a byte order mark before it, without which Excel takes UTF-8 for its own code page."""
    return BYTE_ORDER_MARK + to_csv(table, **more)


def to_csv(table: pd.DataFrame, **more: Any) -> str:
    """The table as CSV in which no text is a formula: an apostrophe before it makes a spreadsheet show it. All text is
    in quotes, so that no semicolon or tab in it begins a cell in a spreadsheet that splits there."""
    safe = table.map(escape_formula)
    safe.columns, safe.index = safe_headings(table.columns), safe_headings(table.index)
    text: str = safe.to_csv(quoting=QUOTE_NONNUMERIC, **more)
    return text


def safe_headings(index: pd.Index) -> pd.Index:
    """The same headings, none of them a formula."""
    return index.map(lambda one: tuple(map(escape_formula, one)) if isinstance(one, tuple) else escape_formula(one))
