"""What the page is scrolled to when something else than before is to be looked at: the run that was just started, the
form that was just filled; or so that what was pressed stays under the pointer. Streamlit leaves the page where it
is."""

import time
from pathlib import Path
from typing import Literal

import streamlit as st

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
PAGE_TOP = ".stMainBlockContainer"
ASKED = "scroll_to"  # in the session: the selector (None: what was pressed last), where it shall stand, and when asked

mount = st.components.v2.component("epochlab_scrolling", js=SCRIPT, isolate_styles=False)


def scroll_to(selector: str, block: Literal["start", "nearest"] = "start") -> None:
    """Bring what it selects to the top of the screen when the page is drawn next; or only into sight (`nearest`)."""
    st.session_state[ASKED] = (selector, block, time.time())


def keep_pressed_in_place() -> None:
    """Leave what was pressed where it is on the screen, though the change moves it on the page."""
    st.session_state[ASKED] = (None, "nearest", time.time())


def follow() -> None:
    """Draw what scrolls: once a page, after the containers that can be asked for."""
    selector, block, at = st.session_state.get(ASKED, ("", "start", 0.0))
    with st.container(key="scrolling"):  # hidden by frame.css
        mount(key="scroll", data={"to": selector, "block": block, "at": at}, height="content")
