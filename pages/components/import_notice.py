"""What is told of an import that has changed on the disk since it was read, and the button to read it again."""

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _, ngettext
from core.prepared import imports, job, prepare
from core.prepared.arrays import Meta, Prepared
from core.runs.lab import Lab
from pages.components import frame
from pages.components.idle_button import idle_button
from pages.components.markdown import escape_markdown

CHECK_INTERVAL_S = 10  # seconds between two looks at a folder: to list many files takes a while


def import_notice(prepared: Prepared, lab: Lab) -> None:
    """Nothing for a built-in set, and for an import that is as it was when it was read; of a version, what is to be
    told of the set that it was made of."""
    meta = prepared.meta
    source = DataSource.of(meta)
    if not source.is_folder:
        return
    if source.version:  # its files are those of the set as it came
        source = source.base
        came = prepare.find(source, lab.workspace)
        if came is None:
            return
        meta = came.meta
    change = cached_change(meta, str(source.path), meta.source_version)
    place = escape_markdown(imports.place_of(source, lab.workspace))
    if change == "gone":
        st.caption(
            _("{place:name} is not there any more. What was read from it is kept, and can be used.", place=place)
        )
    elif change == "changed":
        st.warning(
            _(
                "{place:name} has changed since it was read. The images here, and those that a run learns from, are as "
                "they were then.",
                place=place,
            ),
            icon=":material/sync_problem:",
        )
        read_again(source, lab)


def read_again(source: DataSource, lab: Lab) -> None:
    """The button, and what it does to the runs of the images as they were."""
    runs = lab.runs_on(source)
    if runs:
        st.caption(
            ngettext(
                "{n:count} run was trained on the images as they were. It keeps its weights and figures; once they are "
                "read again, it cannot be resumed, and is not measured on them.",
                "{n:count} runs were trained on the images as they were. They keep their weights and figures; once "
                "they are read again, they cannot be resumed, and are not measured on them.",
                len(runs),
            )
        )
    if idle_button(_("Read again"), runs, icon=":material/refresh:", key="read_again"):
        with frame.show_problems():
            job.start(source, lab.workspace)
            st.rerun()


@st.cache_data(ttl=CHECK_INTERVAL_S, max_entries=64, show_spinner=False)
def cached_change(_meta: Meta, path: str, version: str) -> imports.Change:
    return imports.change_since(_meta)
