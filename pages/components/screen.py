"""How wide the window is, for what CSS cannot arrange: the columns of a table."""

from pathlib import Path

import streamlit as st

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
NARROW = "narrow"  # in the session: what was told last, so that another page begins with it

mount = st.components.v2.component("epochlab_screen", js=SCRIPT, isolate_styles=False)


def is_narrow() -> bool:
    """Whether the window is as narrow as a telephone's. Wide until the browser has told otherwise, which it does once,
    with a second run of the page."""
    now = was_narrow()
    with st.container(key="screen"):  # hidden by frame.css
        told = mount(key="screen_width", data={"narrow": now}, default={"narrow": now}, on_narrow_change=lambda: None)
    st.session_state[NARROW] = bool(told.narrow)
    return bool(told.narrow)


def was_narrow() -> bool:
    """The same, for pieces of a page that has asked; once is enough."""
    return bool(st.session_state.get(NARROW))
