"""What one does to a run besides training it: rename, tag, note, delete."""

import streamlit as st

from core.runs.launch import Lab
from core.runs.naming import LONGEST, NOTES, TAG, TAGS
from core.runs.store import Run
from pages.parts import frame
from pages.parts.plain import plain


def manage(run: Run, lab: Lab) -> None:
    with st.expander("Name, tags and notes", icon=":material/edit:"):
        with st.form(f"about-{run.id}", border=False):
            name = st.text_input("Name", run.name, max_chars=LONGEST)
            tags = st.text_input("Tags, with commas between", ", ".join(run.tags), max_chars=TAGS * TAG)
            notes = st.text_area("Notes", run.notes, max_chars=NOTES)
            if st.form_submit_button("Save", icon=":material/save:"):
                with frame.problem():
                    lab.rename(run.id, name)
                    lab.annotate(run.id, tags=tags.split(","), notes=notes)
                    st.toast("Saved", icon=":material/check:")
                    st.rerun()
        if st.button(
            "Delete this run",
            icon=":material/delete:",
            key=f"delete-{run.id}",
            disabled=run.state == "running",
            help="Cancel it first." if run.state == "running" else None,
        ):
            ask_delete(run, lab)


@st.dialog("Delete this run?")
def ask_delete(run: Run, lab: Lab) -> None:
    """Says what goes before it goes."""
    st.markdown(
        f"**{plain(run.name)}** goes for good: its row in every list, the numbers behind its curves, its "
        "checkpoints, and its log. The data set stays."
    )
    with st.container(horizontal=True):
        if st.button("Delete", icon=":material/delete:", key="delete-yes"):
            with frame.problem():
                lab.delete(run.id)
                st.query_params.clear()
                st.query_params["view"] = "runs"
                st.rerun()
        if st.button("Keep it", key="delete-no"):
            st.rerun()
