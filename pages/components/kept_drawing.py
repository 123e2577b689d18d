"""The drawing of this session: it stays when the sheet is left, so that other pages can show what models make of it."""

import io
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

SIDE_PX = 280  # pixels; fits a telephone of 320, and is ten times a digit of MNIST
MAX_PIXEL_RATIO = 4  # pixels of a screen for one of the sheet, along a side
MAX_PNG_BYTES = 4 * (SIDE_PX * MAX_PIXEL_RATIO) ** 2  # bytes of its picture as a PNG
STROKES = "drawing"  # in the session: its strokes, as the canvas describes them
DRAWING_PNG = "drawing_png"  # and as a PNG, as a canvas that was just shown again sends nothing by itself


def keep(strokes: Any, png: bytes) -> None:
    st.session_state[STROKES], st.session_state[DRAWING_PNG] = strokes, png


def forget() -> None:
    st.session_state.pop(STROKES, None)
    st.session_state.pop(DRAWING_PNG, None)


def kept_drawing() -> np.ndarray | None:
    """The drawing as pixels, (H, W, 4) uint8; None where nothing is drawn."""
    png = st.session_state.get(DRAWING_PNG)
    return None if png is None else decode_png(png)


def decode_png(png: bytes) -> np.ndarray | None:
    """What a PNG of the sheet shows: (H, W, 4) uint8; None for any other file, or one larger than a sheet can be."""
    if len(png) > MAX_PNG_BYTES:
        return None
    try:
        image = Image.open(io.BytesIO(png), formats=["PNG"])
        return np.asarray(image.convert("RGBA")) if max(image.size) <= SIDE_PX * MAX_PIXEL_RATIO else None
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
