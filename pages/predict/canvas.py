"""The sheet of paper that one draws on. The drawing outlives leaving the page: it is kept in the session as JSON."""

import io
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

SIDE_PX = 280  # pixels; fits a telephone of 320, and is ten times a digit of MNIST
PAPER, INK = "#ffffff", "#111111"  # the same in a light and a dark theme: paper is paper
MAX_PIXEL_RATIO = 4  # pixels of a screen for one of the sheet, along a side
MAX_PNG_BYTES = 4 * (SIDE_PX * MAX_PIXEL_RATIO) ** 2  # bytes of its picture as a PNG
SHEET = "sheet"  # in the session: the sheet's number; another number is a new, empty sheet
DRAWING = "drawing"  # its strokes, as the canvas describes them
PICTURE = "drawing_png"  # and as a PNG, as a canvas that was just put back says nothing of its own accord
START = "sheet_start"  # what was on the sheet when it was laid out


def sheet() -> np.ndarray | None:
    """Show the sheet with its pen and its button, and return what is drawn: (H, W, 4) uint8, or None if nothing is."""
    session = st.session_state
    st.space("small")  # the canvas's own small buttons float above its edge
    paper = st.container(key="paper", width=SIDE_PX)
    pen = st.slider(
        "Pen width", 4, 40, 18, key="pen", persist_state="session", width=SIDE_PX, help="In pixels of the sheet."
    )
    key = f"sheet_{session.setdefault(SHEET, 0)}"
    if key not in session:  # laid out anew; while it lies there its start must not change, or it would be redrawn
        session[START] = session.get(DRAWING)
    with paper:
        strokes, png = read_canvas(
            stroke_width=pen,
            stroke_color=INK,
            background_color=PAPER,
            height=SIDE_PX,
            width=SIDE_PX,
            drawing_mode="freedraw",
            initial_drawing=session[START],
            return_image_data=True,
            key=key,
        )
    st.button("Clear", icon=":material/ink_eraser:", on_click=clear, width=SIDE_PX)
    keep(strokes, png)
    return drawn()


def read_canvas(**canvas: Any) -> tuple[Any, bytes | None]:
    """Lay the canvas out; its strokes and their picture as the browser sends them, not to be believed. The package
    takes them at their word, and what is odd enough stops it: that is an empty sheet."""
    from streamlit_drawable_canvas import st_canvas  # importing it outside a Streamlit run raises

    try:
        answer = st_canvas(**canvas)
        return answer.json_data, answer.image_bytes
    except (AttributeError, LookupError, TypeError, ValueError):
        return {}, b""


def keep(strokes: Any, png: bytes | None) -> None:
    """Remember the drawing. A picture without strokes is an empty sheet: the canvas sends one after its own reset."""
    if png is None:  # it has not said anything yet
        return
    if plausible(strokes) and pixels(png) is not None:
        st.session_state[DRAWING], st.session_state[PICTURE] = strokes, png
    else:
        st.session_state.pop(DRAWING, None)
        st.session_state.pop(PICTURE, None)


def plausible(strokes: Any) -> bool:
    """Whether this describes at least one stroke."""
    objects = strokes.get("objects") if isinstance(strokes, dict) else None
    return isinstance(objects, list) and objects != [] and all(isinstance(one, dict) for one in objects)


def pixels(png: bytes) -> np.ndarray | None:
    """What a PNG of the sheet shows: (H, W, 4) uint8; None for any other file, or one larger than a sheet can be."""
    if len(png) > MAX_PNG_BYTES:
        return None
    try:
        image = Image.open(io.BytesIO(png), formats=["PNG"])
        return np.asarray(image.convert("RGBA")) if max(image.size) <= SIDE_PX * MAX_PIXEL_RATIO else None
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None


def drawn() -> np.ndarray | None:
    """The kept drawing as pixels."""
    png = st.session_state.get(PICTURE)
    return None if png is None else pixels(png)


def clear() -> None:
    """A new sheet."""
    st.session_state[SHEET] = st.session_state.get(SHEET, 0) + 1
    for name in (DRAWING, PICTURE, START):
        st.session_state.pop(name, None)
