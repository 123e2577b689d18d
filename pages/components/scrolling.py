"""What the page is scrolled to when something else than before is to be looked at: the run that was just started, the
form that was just filled. Streamlit leaves the page where it is."""

import time
from pathlib import Path

import streamlit as st

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
PAGE_TOP = ".stMainBlockContainer"
ASKED = "scroll_to"  # in the session: the selector, and when it was asked for

mount = st.components.v2.component("epochlab_scrolling", js=SCRIPT, isolate_styles=False)


def scroll_to(selector: str) -> None:
    """Bring what it selects to the top of the screen when the page is drawn next."""
    st.session_state[ASKED] = (selector, time.time())


def follow() -> None:
    """Draw what scrolls: once a page, after the containers that can be asked for."""
    selector, at = st.session_state.get(ASKED, ("", 0.0))
    with st.container(key="scrolling"):  # hidden by frame.css
        mount(key="scroll", data={"to": selector, "at": at}, height="content")
