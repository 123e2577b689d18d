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
from pages.components.metric_column import written
from pages.train.draft import Draft, form_words

WHOLE = 20  # layers up to which the table is shown whole, the last layer included
LOOK = 1.0  # seconds between two looks at whether torch has come


def layer_table(config: RunConfig, prepared: Prepared, draft: Draft) -> str | None:
    """Draw the table; returns a sentence when this model cannot be built for these images."""
    if not background.torch_is_there():
        counting()
        return None
    try:
        rows, totals = counted(config.to_json(), prepared.meta.fingerprint, prepared)
    except Problem as error:
        words = form_words(error, draft)
        st.error(escape_markdown(words), icon=":material/error:")
        return words
    st.dataframe(
        pd.DataFrame(rows).style.format({"Parameters": written(formatting.count)}),  # it still sorts by the number
        hide_index=True,
        height="content" if len(rows["Layer"]) <= WHOLE else "auto",
        alt="Layers of the model with output shapes, weight shapes and parameter counts.",
    )
    st.caption(totals)
    return None


@st.fragment(run_every=LOOK)
def counting() -> None:
    """Stands in for the table until torch has been imported, without holding the page up."""
    if background.torch_is_there():
        st.rerun()
    st.caption(":material/hourglass_empty: Counting layers … PyTorch is being loaded.")


@st.cache_data(max_entries=64, show_spinner=False)
def counted(config: str, fingerprint: str, _prepared: Prepared) -> tuple[dict[str, list[Any]], str]:
    """Columns of the table and a line of totals. Kept by the settings and the data they are for."""
    from core.training.preflight import check

    summary = check(RunConfig.from_json(config), _prepared)
    columns: dict[str, list[Any]] = {
        "Layer": [row.name for row in summary.rows],
        "Kind": [row.kind for row in summary.rows],
        "Output shape": [shape(row.output_shape) for row in summary.rows],
        "Parameters": [row.parameters for row in summary.rows],
        "Weights": [
            ",  ".join(f"{name.rsplit('.', 1)[-1]} {shape(size)}" for name, size in row.weights.items())
            for row in summary.rows
        ],
    }
    learn = "" if summary.trainable == summary.parameters else f", of which {formatting.count(summary.trainable)} learn"
    totals = (
        f"Input {shape(summary.input_shape)} (channels × height × width) · "
        f"{formatting.count(summary.parameters)} parameters{learn} · "
        f"{formatting.count(summary.multiply_adds)} multiply-adds an image"
    )
    return columns, totals


def shape(sizes: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in sizes)
