"""ZIP files that were written below the workspace, handed to the browser piece by piece, so that the server's memory
never holds one."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route

from core.sanitize import one_line
from pages.components.chart import base_url

MAX_NAME_CHARS = 80


def download_link(file: Path, words: str, name: str) -> None:
    """A link to a ZIP in a folder of `exports`, which the browser keeps as `name`."""
    address = f"{exports_url()}/{quote(file.parent.name)}/{file.name}?name={quote(one_line(name, MAX_NAME_CHARS))}"
    st.html(f'<a class="eplab-download" href="{escape(address)}" download>{escape(words)}</a>')


def exports_route() -> Mount:
    """Serves the ZIP files that were written, and nothing else of the workspace."""

    async def serve(request: Request) -> FileResponse:
        # When one is asked for: the server reads this file before it answers anybody.
        from core.files.paths import Workspace

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
