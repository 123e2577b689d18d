"""What differs between the settings of several runs: of each setting the commonest value, and the runs with another."""

from collections import Counter
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

MOST = "most"  # the column of the commonest value
VALUE_WIDTH_PX = 150  # of a run's column


def settings_table(lab: Lab, runs: Sequence[Run]) -> None:
    """A row a setting, a column a run. Of three runs or more, a run's column has only what is not as in most: a value
    that differs is not to be looked for among equal ones."""
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
    shown, most = table, {}
    if len(runs) > 2:
        shown, most = apart_from_most(table, list(names)), {MOST: _("Most runs")}
    headings = {"title": _("Setting")} | most | names | {"name": _("Its name on the command line")}
    text = st.column_config.TextColumn
    st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        height="content",
        column_config={
            key: text(heading, width=VALUE_WIDTH_PX if key in names else None, pinned=key == "title")
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


def apart_from_most(table: pd.DataFrame, runs: list[str]) -> pd.DataFrame:
    """The table with the commonest value of each setting in a column, and of each run only what differs from it. Of
    values that are as common as one another, the first run's counts."""
    most = [Counter(row).most_common(1)[0][0] for row in table[runs].itertuples(index=False)]
    shown = table.assign(**{run: table[run].where(table[run] != most, "") for run in runs})
    shown.insert(1, MOST, most)
    return shown
