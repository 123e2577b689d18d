"""The numbers of every epoch of a run as a table, and as files."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core import formatting
from core.insight.comparison import evaluated_columns
from core.locale import _
from core.runs.naming import EPOCHS, STEPS, file_name
from core.runs.store import EpochRow, Run, StepRow
from core.training.metrics import DECISIVE, METRICS
from pages.components import csv, metric_column
from pages.components.spec_words import metric_on


def epoch_table(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> None:
    """Every epoch as a row; a click on a heading sorts."""
    if not epochs:
        return
    # Its rows are sent only while it is open: a tick's messages stay small late in a long run.
    box = st.expander(_("Epochs"), icon=":material/table_rows:", on_change="rerun", key=f"epochs-{run.id}")
    if not box.open:
        return
    measured_on = run.config.data.measured_on
    count = metric_column.cell_format(formatting.count)
    with box:
        st.dataframe(
            epochs_table(epochs).style.format(count, subset=["train_correct", "val_correct"], na_rep=""),
            hide_index=True,
            column_config=column_config(epochs, measured_on),
            placeholder="",
            alt=_("The numbers of every epoch."),
        )
        with st.container(horizontal=True):
            download_rows(
                lambda: [row.flat(measured_on) for row in epochs],
                f"{file_name(run.name, run.id, EPOCHS)}.csv", _("Epochs as CSV"), f"csv-epochs-{run.id}",
            )  # fmt: skip
            download_rows(
                lambda: [row.flat() for row in steps],
                f"{file_name(run.name, run.id, STEPS)}.csv", _("Steps as CSV"), f"csv-steps-{run.id}",
            )  # fmt: skip


def download_rows(rows: Callable[[], list[dict[str, Any]]], file: str, label: str, key: str) -> None:
    csv.download_button(lambda: pd.DataFrame(rows()), file, label=label, key=key, index=False)


def epochs_table(epochs: list[EpochRow]) -> pd.DataFrame:
    """A column for each value, called as in the rows."""
    table: dict[str, object] = {"epoch": [row.epoch for row in epochs]}
    for part, spec in evaluated_columns(epochs):
        key = f"{part}_{spec.name}"
        table[key] = metric_column.scale(spec) * pd.Series([row[key] for row in epochs], dtype="float64")
        if spec.name == DECISIVE:  # the images behind it
            table[f"{part}_correct"] = pd.array([row[f"{part}_correct"] for row in epochs], "Int64")
    table["lr"] = [row["lr"] for row in epochs]
    totals = [row.seconds for row in epochs]
    table["epoch_seconds"] = [row.seconds - before for row, before in zip(epochs, [0.0, *totals], strict=False)]
    table["seconds"] = totals
    return pd.DataFrame(table)


def column_config(epochs: list[EpochRow], measured_on: str) -> dict[str, ColumnConfig | str]:
    """How the columns look. Headings are short enough for all to stand side by side. `measured_on` is the part that the
    `val_*` are of."""
    number = st.column_config.NumberColumn
    splits = {"train": "train", "val": measured_on}
    columns: dict[str, ColumnConfig | str] = {"epoch": _("Epoch")}
    for part, spec in evaluated_columns(epochs):
        columns[f"{part}_{spec.name}"] = metric_column.number_column(spec, metric_on(splits[part], spec))
    helps = {
        "train": _("Training images classified correctly, of {total:count}.", total=epochs[-1].count("train_total")),
        "val": _("Validation images classified correctly, of {total:count}.", total=epochs[-1].count("val_total")),
        "test": _("Test images classified correctly, of {total:count}.", total=epochs[-1].count("val_total")),
    }
    for part, split in splits.items():
        columns[f"{part}_correct"] = number(_("Correct"), help=helps[split])
    columns["lr"] = metric_column.number_column(METRICS["lr"], _("Learning rate"))
    columns["epoch_seconds"] = number(_("Time"), format="%.1f s", help=_("Of this epoch, its evaluation included."))
    columns["seconds"] = number(_("Total time"), format="%.1f s", help=_("Since the start, pauses left out."))
    return columns
