"""The numbers of every epoch of a run as a table, and as files."""

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core import formatting
from core.insight.comparison import evaluated_columns
from core.runs.naming import file_name
from core.runs.store import EpochRow, Run, StepRow
from core.training.metrics import DECISIVE, METRICS
from core.training.metrics.spec import MetricSpec
from pages.components import csv, metric_column


def epoch_table(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> None:
    """Every epoch as a row; a click on a heading sorts."""
    if not epochs:
        return
    # Its rows are sent only while it is open: a tick's messages stay small late in a long run.
    box = st.expander("Epochs", icon=":material/table_rows:", on_change="rerun", key=f"epochs-{run.id}")
    if not box.open:
        return
    name = "Test" if run.config.data.validation == 0 else "Validation"
    with box:
        st.dataframe(
            epochs_table(epochs, name).style.format(
                metric_column.cell_format(formatting.count), subset=["Training right", f"{name} right"], na_rep=""
            ),
            hide_index=True,
            column_config=column_config(epochs, name),
            placeholder="",
            alt="The numbers of every epoch.",
        )
        with st.container(horizontal=True):
            for what, rows in (("epochs", epochs), ("steps", steps)):
                csv.download_button(
                    partial(rows_table, rows),
                    f"{file_name(run.name, run.id)}-{what}.csv",
                    label=f"{what.capitalize()} as CSV",
                    key=f"csv-{what}-{run.id}",
                    index=False,
                )


def rows_table(rows: Sequence[EpochRow | StepRow]) -> pd.DataFrame:
    return pd.DataFrame([row.flat() for row in rows])


def metric_columns(epochs: list[EpochRow], name: str) -> dict[str, tuple[MetricSpec, str]]:
    """Title of a column → the metric in it, and its name in the rows. `name` is what the `val_*` were measured on."""
    words = {"train": "Training", "val": name}
    columns = evaluated_columns(epochs)
    return {f"{words[part]} {spec.in_sentence}": (spec, f"{part}_{spec.name}") for part, spec in columns}


def epochs_table(epochs: list[EpochRow], name: str) -> pd.DataFrame:
    table: dict[str, object] = {"Epoch": [row.epoch for row in epochs]}
    for title, (spec, key) in metric_columns(epochs, name).items():
        table[title] = metric_column.scale(spec) * pd.Series([row[key] for row in epochs], dtype="float64")
        if spec.name == DECISIVE:  # the images behind it
            part = key.removesuffix(DECISIVE)
            table[f"{title.split()[0]} right"] = pd.array([row[f"{part}correct"] for row in epochs], "Int64")
    table["Learning rate"] = [row["lr"] for row in epochs]
    table["Time"] = [row.seconds for row in epochs]
    return pd.DataFrame(table)


def column_config(epochs: list[EpochRow], name: str) -> dict[str, ColumnConfig]:
    """How the columns look. Headings are short enough for all to stand side by side."""
    number = st.column_config.NumberColumn
    columns: dict[str, ColumnConfig] = {
        title: metric_column.number_column(spec) for title, (spec, _) in metric_columns(epochs, name).items()
    }
    for part, words in (("train", "Training"), ("val", name)):
        total = formatting.count(epochs[-1].count(f"{part}_total"))
        columns[f"{words} right"] = number("Correct", help=f"{words} images classified correctly, of {total}.")
    return columns | {"Learning rate": metric_column.number_column(METRICS["lr"]), "Time": number(format="%.1f s")}
