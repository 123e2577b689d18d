"""Metrics as columns of a table in the browser, which sorts by the number and not by its text."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core import formatting
from core.locale import translate
from core.training.metrics.spec import MetricSpec

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

PERCENT = f"%.2f{formatting.FIXED}%%"
FORMATS = {"percent": PERCENT, "loss": "%.4g", "rate": "%.3g", "speed": "%.0f"}


def cell_format(write: Callable[[Any], str]) -> Callable[[object], str]:
    """`write` as pandas' types want the function that writes a cell: of any object, though a column has one type."""
    return write


def with_counts(table: pd.DataFrame, *columns: str) -> "Styler":
    """The table with these columns written as counts are; it still sorts by the number."""
    return table.style.format(cell_format(formatting.count), subset=list(columns))


def scale(spec: MetricSpec) -> int:
    """What the table's values are multiplied by, as its formats cannot do that: shares become percent."""
    return 100 if spec.format == "percent" else 1


def number_column(spec: MetricSpec, title: str | None = None, help: str = "") -> ColumnConfig:
    """How the column is written; the "?" of its heading says `help`, or else what the metric is."""
    about = help or translate(spec.help) or None
    return st.column_config.NumberColumn(title, format=FORMATS[spec.format], help=about)
