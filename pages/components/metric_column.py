"""Metrics as columns of a table in the browser, which sorts by the number and not by its text."""

import streamlit as st

from core import formatting
from core.training.metrics.spec import MetricSpec, Value

PERCENT = f"%.2f{formatting.FIXED}%%"
FORMATS = {"percent": PERCENT, "loss": "%.4g", "rate": "%.3g", "speed": "%.0f"}


def cell(spec: MetricSpec, value: Value) -> Value:
    """What the table is given: shares as percent, for its formats cannot multiply."""
    return 100 * value if value is not None and spec.format == "percent" else value


def column(spec: MetricSpec, title: str | None = None, help: str = ""):
    """How the column is written; the "?" of its heading says `help`, or else what the metric is."""
    return st.column_config.NumberColumn(title, format=FORMATS[spec.format], help=help or spec.help or None)
