"""A data set as class folders in a ZIP: written below the workspace, then handed to the browser piece by piece, so that
the server's memory never holds it."""

from pathlib import Path

import streamlit as st

from core.datasets.progress import paced
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.locale import _
from core.prepared.arrays import Prepared
from core.prepared.class_folders import renamed, write_class_folders
from pages.components import frame
from pages.components.data_picker import title_of
from pages.components.exports_route import download_link
from pages.components.markdown import escape_markdown
from pages.components.preparing import progress_fraction, progress_text

RENAMED_SHOWN = 5


def exported_file(prepared: Prepared, workspace: Workspace) -> Path:
    """Where the ZIP of these images is, or would be: other images have another fingerprint."""
    return workspace.exports / DataSource.of(prepared.meta).key / f"{prepared.meta.fingerprint}.zip"


@st.fragment
@frame.show_problems()
def export_panel(prepared: Prepared, workspace: Workspace) -> None:
    """Write the ZIP, with progress, and offer it once it is there. Leaving the page ends the writing."""
    st.markdown(
        _(
            "The images as they are here, a folder for each class, as PNG files without a loss. Photographs were "
            "brought to a shorter side of at most 256 pixels."
        )
    )
    for name, folder in renamed(prepared.meta.classes)[:RENAMED_SHOWN]:
        words = _("{name:name} cannot be the name of a folder: it is {folder:name} there.", name=name, folder=folder)
        st.caption(escape_markdown(words))
    file = exported_file(prepared, workspace)
    if not file.exists():
        place = st.empty()
        if not place.button(_("Write the ZIP"), icon=":material/folder_zip:", key="export-data"):
            return
        for old in file.parent.glob("*.zip"):
            old.unlink(missing_ok=True)
        for report in paced(write_class_folders(prepared, file)):
            place.progress(progress_fraction(report), text=progress_text(report, None))
        place.empty()
    download_link(file, _("Download the ZIP, {size:size}", size=file.stat().st_size), title_of(prepared.meta))
