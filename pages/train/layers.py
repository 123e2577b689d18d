"""The layer table of the model on the form: what each layer puts out, and how many numbers it learns."""

from typing import Any

import pandas as pd
import streamlit as st

from core import formatting
from core.errors import Problem
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from pages.components import background
from pages.components.markdown import escape_markdown
from pages.components.metric_column import cell_format
from pages.train.draft import Draft, error_text

MAX_ROWS_WITHOUT_SCROLLING = 20  # layers up to which the table is shown whole, the last layer included
POLL_INTERVAL_S = 1.0  # seconds between two checks whether torch is loaded


def layer_table(config: RunConfig, prepared: Prepared, draft: Draft) -> str | None:
    """Draw the table; returns a sentence when this model cannot be built for these images."""
    if not background.torch_loaded():
        wait_for_torch()
        return None
    try:
        rows, totals = count_layers(config.to_json(), prepared.meta.fingerprint, prepared)
    except Problem as error:
        words = error_text(error, draft)
        st.error(escape_markdown(words), icon=":material/error:")
        return words
    st.dataframe(
        pd.DataFrame(rows).style.format({"Parameters": cell_format(formatting.count)}),  # it still sorts by the number
        hide_index=True,
        height="content" if len(rows["Layer"]) <= MAX_ROWS_WITHOUT_SCROLLING else "auto",
        alt="Layers of the model with output shapes, weight shapes and parameter counts.",
    )
    st.caption(totals)
    return None


@st.fragment(run_every=POLL_INTERVAL_S)
def wait_for_torch() -> None:
    """Stands in for the table until torch has been imported, without holding the page up."""
    if background.torch_loaded():
        st.rerun()
    st.caption(":material/hourglass_empty: Counting layers … PyTorch is being loaded.")


@st.cache_data(max_entries=64, show_spinner=False)
def count_layers(config: str, fingerprint: str, _prepared: Prepared) -> tuple[dict[str, list[Any]], str]:
    """Columns of the table and a line of totals. Kept by the settings and the data they are for."""
    from core.training.preflight import check

    summary = check(RunConfig.from_json(config), _prepared)
    columns: dict[str, list[Any]] = {
        "Layer": [row.name for row in summary.rows],
        "Kind": [row.kind for row in summary.rows],
        "Output shape": [shape_text(row.output_shape) for row in summary.rows],
        "Parameters": [row.parameters for row in summary.rows],
        "Weights": [
            ",  ".join(f"{name.rsplit('.', 1)[-1]} {shape_text(size)}" for name, size in row.weights.items())
            for row in summary.rows
        ],
    }
    learn = "" if summary.trainable == summary.parameters else f", of which {formatting.count(summary.trainable)} learn"
    totals = (
        f"Input {shape_text(summary.input_shape)} (channels × height × width) · "
        f"{formatting.count(summary.parameters)} parameters{learn} · "
        f"{formatting.count(summary.multiply_adds)} multiply-adds an image"
    )
    return columns, totals


def shape_text(sizes: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in sizes)
