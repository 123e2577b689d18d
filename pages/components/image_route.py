"""Single images of prepared data sets, by their address: for what the browser asks for by itself, such as the picture
of a point under the pointer."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from core.errors import Problem

if TYPE_CHECKING:  # else imported when an image is asked for: the server answers only once it has read this file
    from core.prepared.arrays import Prepared

SECONDS_KEPT = 3600  # by the browser; another content has another address


def images_url(prepared: "Prepared") -> str:
    """The address of the images of a set, before their places in it."""
    return f"{base_url()}/{prepared.folder.name}/{prepared.meta.fingerprint}/"


def base_url() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/app/images"


def image_route() -> Mount:
    """Serves them as pictures of a thumbnail's size, to whom the pages are shown."""

    def serve(request: Request) -> Response:
        from core.files.paths import Workspace
        from pages.components.image_grid import picture_file

        said = request.path_params
        try:
            prepared = opened(Workspace.from_environment().cache / said["key"], said["fingerprint"])
            if not 0 <= said["index"] < prepared.meta.count:
                return Response(status_code=404)
            content, kind = picture_file(prepared.image(said["index"]))
        except (Problem, OSError, ValueError):
            return Response(status_code=404)
        kept = f"private, max-age={SECONDS_KEPT}"
        return Response(
            content, media_type=f"image/{kind}", headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
        )

    return Mount(base_url(), routes=[Route("/{key}/{fingerprint}/{index:int}", serve)])


@lru_cache(maxsize=8)
def opened(folder: Path, fingerprint: str) -> "Prepared":
    """The set in a folder of the cache. `Problem` where it is another one, or none."""
    from core.prepared.arrays import Prepared

    prepared = Prepared(folder)
    if prepared.meta.fingerprint != fingerprint:
        raise Problem("The images have changed. Load the page anew.")
    return prepared
