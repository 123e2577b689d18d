"""What differs between the settings of several runs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.datasets.source import DataSource
from core.insight.comparison import differences
from core.locale import _, ngettext
from core.prepared.imports import place_of
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import csv
from pages.components.run_picker import run_names


def settings_table(lab: Lab, runs: Sequence[Run]) -> None:
    """A row a setting, a column a run."""
    if len(runs) < 2:
        st.info(_("Choose a second run to see what differs."), icon=":material/check_box:")
        return
    found = differences(runs)
    if not found:
        st.info(_("These runs have the very same settings."), icon=":material/equal:")
        return
    names = run_names(runs)
    # Columns go by the run's id, which no other column is called.
    rows = [{"title": one.title, "name": one.name} | one.values for one in found]  # noqa: PD011
    for row in rows:
        if row["name"] == "data.path":  # an uploaded ZIP by its name
            row |= {run.id: place_of(DataSource.of(run.config.data), lab.workspace) for run in runs
                    if run.config.data.path}  # fmt: skip
    table = pd.DataFrame(rows, columns=["title", *names, "name"])
    headings = {"title": _("Setting")} | names | {"name": _("Its name on the command line")}
    text = st.column_config.TextColumn
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height="content",
        column_config={
            key: text(heading, width="medium" if key in names else None, pinned=key == "title")
            for key, heading in headings.items()
        },
        alt=ngettext(
            "{n:count} setting that differs between {runs} runs",
            "{n:count} settings that differ between {runs} runs",
            len(found),
            runs=len(runs),
        ),
    )
    file_headings = {"title": "Setting"} | names | {"name": "Its name on the command line"}
    csv.download_button(lambda: table.rename(columns=file_headings), "settings.csv", key="csv-settings", index=False)
