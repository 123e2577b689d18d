"""The page's link, kept as the page is without a step in the browser's history: what no person has chosen is nothing to
go back to, and a page that wrote it as a step would write it again whenever somebody went back."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import streamlit as st

SESSION = "link_session"  # in the session: what tells it from a later one of the same tab
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

mount = st.components.v2.component("epochlab_link", js=SCRIPT, isolate_styles=False)


def mirror(params: Mapping[str, str], own: Sequence[str], *, key: str, dotted: bool = False) -> None:
    """Let the browser's link say `params`, and drop what else it says of the parameters `own` (with `dotted`, of all
    with a dot, too).

    A page calls it each time it is drawn, also where the link says so already: what it wrote the time before may reach
    the browser after the server has written another link, and must not stay there."""
    with st.container(key=f"link-mirror-{key}"):  # hidden by frame.css
        # With the time in it the script runs each time: Streamlit may have written the link anew, from what it knows.
        session = st.session_state.setdefault(SESSION, uuid4().hex)
        data = {"own": list(own), "dotted": dotted, "params": dict(params), "session": session, "at": time.time()}
        mount(key=f"mirror_{key}", data=data, height="content")
