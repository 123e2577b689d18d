"""The sheet of paper to draw on. The drawing stays when the page is left: it is kept in the session as JSON."""

from typing import Any

import numpy as np
import streamlit as st

from core.locale import _
from pages.components.kept_drawing import SIDE_PX, STROKES, decode_png, forget, keep, kept_drawing
from pages.components.sheet import INK_COLOUR, PAPER_COLOUR, has_strokes, read_canvas

CANVAS_NUMBER = "sheet"  # in the session: the sheet's number; another number is a new, empty sheet
INITIAL_STROKES = "sheet_start"  # what was on the sheet when it was first shown


def drawing_canvas() -> np.ndarray | None:
    """Show the sheet with its pen and its button, and return what is drawn: (H, W, 4) uint8, or None if nothing is."""
    session = st.session_state
    st.space("small")  # the canvas's own small buttons float above its edge
    paper = st.container(key="paper", width=SIDE_PX)
    # One row: on a telephone the answer stands below it, and is to be seen while one draws.
    with st.container(horizontal=True, vertical_alignment="bottom", width=SIDE_PX, key="pen-row"):
        pen = st.slider(
            _("Pen width"), 4, 40, 18, key="pen", persist_state="session", help=_("In pixels of the sheet.")
        )
        st.button(_("Clear"), icon=":material/ink_eraser:", on_click=clear_canvas, width="content")
    key = f"sheet_{session.setdefault(CANVAS_NUMBER, 0)}"
    if key not in session:  # first shown; later its start must not change, or it would be redrawn
        session[INITIAL_STROKES] = session.get(STROKES)
    with paper:
        strokes, png = read_canvas(
            stroke_width=pen,
            stroke_color=INK_COLOUR,
            background_color=PAPER_COLOUR,
            height=SIDE_PX,
            width=SIDE_PX,
            drawing_mode="freedraw",
            initial_drawing=session[INITIAL_STROKES],
            return_image_data=True,
            key=key,
        )
    store_drawing(strokes, png)
    return kept_drawing()


def store_drawing(strokes: Any, png: bytes | None) -> None:
    """Remember the drawing. A picture without strokes is an empty sheet: the canvas sends one after its own reset."""
    if png is None:  # it has not sent anything yet
        return
    if has_strokes(strokes) and decode_png(png) is not None:
        keep(strokes, png)
    else:
        forget()


def clear_canvas() -> None:
    """A new sheet."""
    st.session_state[CANVAS_NUMBER] = st.session_state.get(CANVAS_NUMBER, 0) + 1
    forget()
    st.session_state.pop(INITIAL_STROKES, None)
