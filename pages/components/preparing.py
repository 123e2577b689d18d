"""Preparing a data set while a person watches: a bar, the time left, and a way to stop it."""

from dataclasses import replace

import streamlit as st

from core.datasets.progress import PrepareProgress
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.locale import _
from core.prepared import job, prepare
from core.prepared.allowed_paths import confined
from core.prepared.arrays import Prepared
from pages.components import frame

POLL_INTERVAL_S = 0.5  # seconds between two reads of the job's progress


def prepared_or_controls(
    source: DataSource, workspace: Workspace, button_label: str, *, primary: bool = True
) -> Prepared | None:
    """The prepared data set, or None while it is not there: then a button with the words `button_label`, the progress,
    or what went wrong is shown instead. The button is the `primary` one where no other on the page does the same."""
    try:
        if source.path:
            source = replace(source, path=confined(source.path, workspace))
        status = job.status(source, workspace)
        if status.state == "running":
            preparation_progress(source, workspace)
            return None
        if status.state == "failed":
            frame.show_problem(Problem(status.error if status.error else "The data set could not be prepared."))
        elif status.state == "ready":
            return prepare.find(source, workspace)
        again = status.state == "failed"
        label = _("Try again") if again else button_label
        if st.button(label, type="primary" if primary else "secondary", icon=":material/download_done:", key="prepare"):
            job.start(source, workspace)
            st.rerun()
        return prepare.find(source, workspace)  # a folder that could not be read anew may be there as it was before
    except Problem as error:
        frame.show_problem(error)
        return None


@st.fragment(run_every=POLL_INTERVAL_S)
@frame.show_problems()
def preparation_progress(source: DataSource, workspace: Workspace) -> None:
    """Redraws itself alone; the whole page once the job has ended."""
    status = job.status(source, workspace)
    if status.state != "running":
        st.rerun()
    st.progress(progress_fraction(status.progress), text=progress_text(status.progress, status.seconds_left))
    if st.button(_("Cancel"), icon=":material/close:", key="cancel_prepare"):
        with frame.show_problems():
            job.cancel(source, workspace)
        st.rerun()


def progress_fraction(progress: PrepareProgress | None) -> float:
    return min(1.0, progress.done / progress.total) if progress and progress.total else 0.0


def progress_text(progress: PrepareProgress | None, seconds_left: float | None) -> str:
    """`Reading images: 1 200 of 60 000, 3 s left`."""
    if progress is None:
        return _("Starting")
    text = progress.words[:1].upper() + progress.words[1:]
    if seconds_left is None:
        return text
    return _("{progress}, {left:duration} left", progress=text, left=seconds_left)
