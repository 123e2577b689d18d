"""What differs between the settings of several runs."""

from collections.abc import Sequence

import streamlit as st

from core import wording
from core.insight.comparison import differences
from core.runs.launch import Lab
from core.runs.store import Run
from pages.parts.predict.run_picker import short_titles


def settings_that_differ(_lab: Lab, runs: Sequence[Run]) -> None:
    """A row a setting, a column a run."""
    if len(runs) < 2:
        st.info("Tick a second run to see what differs.", icon=":material/check_box:")
        return
    found = differences(runs)
    if not found:
        st.info("These runs have the very same settings.", icon=":material/equal:")
        return
    names = short_titles(runs)
    table = {"Setting": [one.title for one in found]}
    table |= {names[run.id]: [one.values[run.id] for one in found] for run in runs}
    table |= {"Its name on the command line": [one.name for one in found]}
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height="content",
        column_config={"Setting": st.column_config.TextColumn(pinned=True)}
        | {name: st.column_config.TextColumn(width="medium") for name in names.values()},
        alt=f"{wording.counted(len(found), 'setting')} that differ between {len(runs)} runs",
    )
