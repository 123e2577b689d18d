"""A chart that changes while one looks at it: a plotly figure redrawn in place, with the reader's zoom kept.

`st.plotly_chart` is a new element at every change of its data: it blinks and forgets the zoom. So this is a small
component that calls `Plotly.react` on one node, and takes a thirtieth of the server's time. For pictures that stand
still, `st.plotly_chart` is right.
"""

from pathlib import Path
from typing import Any

import streamlit as st

HTML = '<div class="epochlab-chart" role="img"></div>'
CSS = ".epochlab-chart {width: 100%;}"
JS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount = st.components.v2.component("epochlab_chart", html=HTML, css=CSS, js=JS, isolate_styles=False)


def live_chart(figure: dict[str, Any], label: str, key: str) -> None:
    """Draw a chart of `core.figures`; `label` tells its latest values to those who cannot see it."""
    mount(key=key, data={"figure": figure, "label": label, "src": library()}, height="content")


def chart_to_come() -> None:
    """Let the browser fetch and read plotly.js while nothing else happens, so that the first chart is drawn at once."""
    with st.container(key="chart-to-come"):  # hidden by frame.css
        mount(key="chart_to_come", data={"figure": None, "src": library()}, height="content")


def library() -> str:
    """Where the server serves plotly.js."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/app/static/plotly.min.js"
