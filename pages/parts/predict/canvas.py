"""The sheet of paper that one draws on. The drawing outlives leaving the page: it is kept in the session as JSON."""

import io
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

SIDE = 280  # pixels; fits a telephone of 320, and is ten times a digit of MNIST
PAPER, INK = "#ffffff", "#111111"  # the same in a light and a dark theme: paper is paper
SHEET = "sheet"  # in the session: the sheet's number; another number is a new, empty sheet
DRAWING = "drawing"  # its strokes, as the canvas describes them
PICTURE = "drawing_png"  # and as a PNG, as a canvas that was just put back says nothing of its own accord
START = "sheet_start"  # what was on the sheet when it was laid out


def sheet() -> np.ndarray | None:
    """Show the sheet with its pen and its button, and return what is drawn: (H, W, 4) uint8, or None if nothing is."""
    from streamlit_drawable_canvas import st_canvas  # importing it outside a Streamlit run raises

    session = st.session_state
    st.space("small")  # the canvas's own small buttons float above its edge
    paper = st.container(key="paper", width=SIDE)
    pen = st.slider(
        "Pen width", 4, 40, 18, key="pen", persist_state="session", width=SIDE, help="In pixels of the sheet."
    )
    key = f"sheet_{session.setdefault(SHEET, 0)}"
    if key not in session:  # laid out anew; while it lies there its start must not change, or it would be redrawn
        session[START] = session.get(DRAWING)
    with paper:
        canvas = st_canvas(
            stroke_width=pen,
            stroke_color=INK,
            background_color=PAPER,
            height=SIDE,
            width=SIDE,
            drawing_mode="freedraw",
            initial_drawing=session[START],
            return_image_data=True,
            key=key,
        )
    st.button("Clear", icon=":material/ink_eraser:", on_click=clear, width=SIDE)
    keep(canvas.json_data, canvas.image_data)
    return drawn()


def keep(strokes: dict[str, Any] | None, picture: np.ndarray | None) -> None:
    """Remember the drawing. A picture without strokes is an empty sheet: the canvas sends one after its own reset."""
    if strokes is None or picture is None:  # it has not said anything yet
        return
    if not strokes.get("objects"):
        st.session_state.pop(DRAWING, None)
        st.session_state.pop(PICTURE, None)
        return
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    st.session_state[DRAWING], st.session_state[PICTURE] = strokes, buffer.getvalue()


def drawn() -> np.ndarray | None:
    """The kept drawing as pixels."""
    png = st.session_state.get(PICTURE)
    return None if png is None else np.asarray(Image.open(io.BytesIO(png)))


def clear() -> None:
    """A new sheet."""
    st.session_state[SHEET] = st.session_state.get(SHEET, 0) + 1
    for name in (DRAWING, PICTURE, START):
        st.session_state.pop(name, None)
