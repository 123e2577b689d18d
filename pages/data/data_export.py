"""A data set as class folders in a ZIP: written below the workspace, then handed to the browser piece by piece, so that
the server's memory never holds it."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route

from core.datasets.progress import paced
from core.datasets.source import DataSource
from core.files.paths import Workspace
from core.locale import _
from core.prepared.arrays import Prepared
from core.prepared.class_folders import renamed, write_class_folders
from core.sanitize import one_line
from pages.components import frame
from pages.components.chart import base_url
from pages.components.data_picker import title_of
from pages.components.markdown import escape_markdown
from pages.components.preparing import progress_fraction, progress_text

RENAMED_SHOWN = 5
MAX_NAME_CHARS = 80


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
    name = quote(one_line(title_of(prepared.meta), MAX_NAME_CHARS))
    address = f"{exports_url()}/{quote(file.parent.name)}/{file.name}?name={name}"
    words = _("Download the ZIP, {size:size}", size=file.stat().st_size)
    st.html(f'<a class="eplab-download" href="{escape(address)}" download>{escape(words)}</a>')


def exports_route() -> Mount:
    """Serves the ZIP files that were written, and nothing else of the workspace."""

    async def serve(request: Request) -> FileResponse:
        folder = Workspace.from_environment().exports
        asked = folder / request.path_params["key"] / request.path_params["file"]
        known = {path for path in folder.glob("*/*.zip") if path.is_file()}
        if asked not in known:
            raise HTTPException(404)
        name = one_line(request.query_params.get("name", ""), MAX_NAME_CHARS).replace("/", "_") or asked.stem
        return FileResponse(asked, filename=f"{name}.zip", media_type="application/zip")

    return Mount(exports_url(), routes=[Route("/{key}/{file}", serve)])


def exports_url() -> str:
    """The folder of addresses in which they are served."""
    return f"{base_url()}/app/exports"
