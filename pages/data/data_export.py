"""A data set as class folders in a ZIP: written below the workspace by a process of its own, then handed to the browser
piece by piece, so that the server's memory never holds it."""

import streamlit as st

from core.datasets.progress import PrepareProgress
from core.errors import Problem
from core.files.paths import Workspace
from core.locale import _
from core.packing.jobs import DataExportJob, data_export_jobs
from core.prepared.arrays import Prepared
from core.prepared.class_folders import WRITING, renamed
from pages.components import frame
from pages.components.data_picker import title_of
from pages.components.exports_route import download_link
from pages.components.markdown import escape_markdown
from pages.components.preparing import POLL_INTERVAL_S, progress_fraction, progress_text

RENAMED_SHOWN = 5


@frame.show_problems()
def export_panel(prepared: Prepared, workspace: Workspace) -> None:
    """Have the ZIP written, see how far it is, and load it down once it is there. The writing goes on when the page is
    left."""
    st.markdown(
        _(
            "The images as they are here, a folder for each class, as PNG files without a loss. Photographs were "
            "brought to a shorter side of at most 256 pixels."
        )
    )
    for name, folder in renamed(prepared.meta.classes)[:RENAMED_SHOWN]:
        words = _("{name:name} cannot be the name of a folder: it is {folder:name} there.", name=name, folder=folder)
        st.caption(escape_markdown(words))
    job = DataExportJob(prepared.meta, workspace)
    status = data_export_jobs.status(job)
    if status.state == "running":
        st.fragment(export_progress, run_every=POLL_INTERVAL_S)(job)
        return
    if job.file.is_file():
        words = _("Download the ZIP, {size:size}", size=job.file.stat().st_size)
        download_link(job.file, words, title_of(prepared.meta))
        return
    if status.state == "failed":
        frame.show_problem(Problem(status.error))
    if st.button(_("Write the ZIP"), icon=":material/folder_zip:", key="export-data"):
        data_export_jobs.cancel(job)  # forget how an earlier one ended
        for old in job.file.parent.glob("*.zip*"):  # of other images, and what a killed process has left
            old.unlink(missing_ok=True)
        data_export_jobs.start(job)
        st.rerun()


@frame.show_problems()
def export_progress(job: DataExportJob) -> None:
    """Redraws itself alone; the whole page once the work has ended."""
    status = data_export_jobs.status(job)
    if status.state != "running":
        st.rerun()
    report = PrepareProgress(WRITING, status.done, status.total, "images") if status.total else None
    st.progress(progress_fraction(report), text=progress_text(report, status.seconds_left))
    if st.button(_("Cancel"), icon=":material/close:", key="cancel-export"):
        data_export_jobs.cancel(job)
        st.rerun()
