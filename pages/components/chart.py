"""A chart that changes while a person looks at it: a plotly figure redrawn in place, with the reader's zoom kept.

`st.plotly_chart` is a new element at every change of its data: it blinks and forgets the zoom. So this is a small
component that calls `Plotly.react` on one node, and takes a thirtieth of the server's time. For pictures that stand
still, `st.plotly_chart` is right.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route

from core.locale import _

HTML = '<div class="epochlab-chart" role="figure"></div>'  # an image's buttons would be hidden from screen readers
CSS = ".epochlab-chart {width: 100%;}"
SCRIPT = "plotly.min.js"
JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount_chart = st.components.v2.component("epochlab_chart", html=HTML, css=CSS, js=JS, isolate_styles=False)


def live_chart(
    figure: dict[str, Any], label: str, key: str, *, on_click: Callable[[dict[str, Any]], None] | None = None
) -> None:
    """Draw a chart of `core.charts`; `label` says its latest values for readers who cannot see it. `on_click` is called
    before the page is drawn anew, with the `place` of what was pressed: a number, of a heat map (row, column)."""
    data = {"figure": figure, "label": label, "words": plotly_words(), "src": plotly_url(), "clicks": bool(on_click)}
    if on_click is None:
        mount_chart(key=key, data=data, height="content")
        return

    def pressed() -> None:
        if point := st.session_state[key].get("clicked"):
            on_click(point)

    mount_chart(key=key, data=data, height="content", on_clicked_change=pressed)


def plotly_words() -> dict[str, str]:
    """The words of plotly.js on the page: its own → those of the reader."""
    return {
        "Download plot as a PNG": _("Download plot as a PNG"),
        "Taking snapshot - this may take a few seconds": _("Taking snapshot - this may take a few seconds"),
        "Snapshot succeeded": _("Snapshot succeeded"),
        "Sorry, there was a problem downloading your snapshot!": _(
            "Sorry, there was a problem downloading your snapshot!"
        ),
        "Zoom": _("Zoom"),
        "Pan": _("Pan"),
        "Zoom in": _("Zoom in"),
        "Zoom out": _("Zoom out"),
        "Reset axes": _("Reset axes"),
        "Double-click to zoom back out": _("Double-click to zoom back out"),
    }


def preload_plotly() -> None:
    """Let the browser fetch and read plotly.js while nothing else happens, so that the first chart is drawn at once."""
    with st.container(key="preload-plotly"):  # hidden by frame.css
        mount_chart(key="preload_plotly", data={"figure": None, "src": plotly_url()}, height="content")


def static_url() -> str:
    """The folder of addresses in which plotly.js is served."""
    return f"{base_url()}/app/static"


def base_url() -> str:
    """What stands before every address of this server; mostly nothing."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def plotly_url() -> str:
    """Where the server serves plotly.js."""
    return f"{static_url()}/{SCRIPT}"


def plotly_route() -> Mount:
    """Serves plotly.js as the installed plotly package brings it, and nothing else: no copy is kept, so no folder needs
    to be writable."""
    spec = find_spec("plotly")
    assert spec and spec.origin
    script = Path(spec.origin).parent / "package_data" / SCRIPT

    async def serve(request: Request) -> FileResponse:
        return FileResponse(script, media_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})

    return Mount(static_url(), routes=[Route(f"/{SCRIPT}", serve)])
