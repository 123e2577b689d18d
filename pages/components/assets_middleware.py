"""Streamlit's own scripts, styles and fonts, each read at once.

A browser asks for seventy of them before it draws anything. Streamlit hands every one to other threads and reads it
there in parts; while this server still imports what its first page needs, each of these steps waits for its turn.
"""

import mimetypes
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util

from pages.components.chart import base_url

SECONDS_KEPT = 365 * 24 * 3600  # by the browser: the name of a file changes with its content


class AssetsMiddleware:
    """Middleware: answers what asks for the whole of one of these files, and leaves the rest to Streamlit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        whole = scope["type"] == "http" and scope["method"] == "GET" and "range" not in Headers(scope=scope)
        if whole and (file := assets().get(scope["path"])):
            kept = f"public, immutable, max-age={SECONDS_KEPT}"
            kind = mimetypes.guess_type(file.name)[0]
            app = Response(file.read_bytes(), media_type=kind, headers={"Cache-Control": kept})
        await app(scope, receive, send)


@cache
def assets() -> dict[str, Path]:
    """Address on this server → file."""
    folder = Path(file_util.get_static_dir())
    return {
        f"{base_url()}/{file.relative_to(folder).as_posix()}": file
        for file in (folder / "static").rglob("*")
        if file.is_file()
    }
