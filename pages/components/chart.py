"""A chart that changes while a person looks at it: a plotly figure redrawn in place, with the reader's zoom kept.

`st.plotly_chart` is a new element at every change of its data: it blinks and forgets the zoom. So this is a small
component that calls `Plotly.react` on one node, and takes a thirtieth of the server's time. For pictures that stand
still, `st.plotly_chart` is right.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route

from core.charts.plotly_js import SCRIPT, plotly_script, plotly_words

HTML = '<div class="epochlab-chart" role="figure"></div>'  # an image's buttons would be hidden from screen readers
CSS = """.epochlab-chart {width: 100%; position: relative;}
.epochlab-chart .parcoords .axis :is(path, line) {stroke: currentColor; stroke-opacity: 0.5;}
.epochlab-chart-tip {position: absolute; top: 6px; left: 8px; max-width: calc(100% - 190px); white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; font-size: 13px; pointer-events: none;}
.epochlab-chart-picture {position: fixed; z-index: 1000; width: 96px; height: 96px; object-fit: contain;
  pointer-events: none; border: 1px solid rgba(128, 128, 128, 0.6); border-radius: 4px;
  background: rgba(128, 128, 128, 0.9); image-rendering: pixelated;}
"""
JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount_chart = st.components.v2.component("epochlab_chart", html=HTML, css=CSS, js=JS, isolate_styles=False)


def live_chart(
    figure: dict[str, Any],
    label: str,
    key: str,
    *,
    on_click: Callable[[dict[str, Any]], None] | None = None,
    on_select: Callable[[list[Any]], None] | None = None,
    pictures: str = "",
) -> None:
    """Draw a chart of `core.charts`; `label` says its latest values for readers who cannot see it. `on_click` is called
    before the page is drawn anew, with the `place` of what was pressed: a number, of a heat map (row, column).
    `on_select`: with the `ids` of the points that a lasso or a box holds; none when it is taken away. `pictures`: the
    address before the `id` of a point where its picture is, which is shown beside the pointer."""
    data = {"figure": figure, "label": label, "words": plotly_words(), "src": plotly_url(), "clicks": bool(on_click),
            "selects": bool(on_select), "pictures": pictures}  # fmt: skip
    told: dict[str, Any] = {}
    if on_click is not None:

        def pressed() -> None:
            if point := st.session_state[key].get("clicked"):
                on_click(point)

        told["on_clicked_change"] = pressed
    if on_select is not None:

        def selected() -> None:
            ids = (st.session_state[key].get("selected") or {}).get("ids")
            if isinstance(ids, list):
                on_select(ids)

        told["on_selected_change"] = selected
    mount_chart(key=key, data=data, height="content", **told)


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
    script = plotly_script()

    async def serve(request: Request) -> FileResponse:
        return FileResponse(script, media_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})

    return Mount(static_url(), routes=[Route(f"/{SCRIPT}", serve)])
