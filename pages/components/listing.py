"""Code on the screen: it scrolls sideways, as its indentation is Python's grammar, and comments fit the column."""

from typing import Literal

import streamlit as st

from core.script.column import fitted
from pages.components.screen import was_narrow

COLUMN, PAGE, PHONE = 66, 100, 42  # characters that a column beside a form, a whole page, a telephone has room for


def in_column(code: str, width: int = COLUMN) -> str:
    """The code as it is shown there."""
    return fitted(code.strip("\n"), PHONE if was_narrow() else width)


def show_code(code: str, width: int = COLUMN) -> None:
    st.code(in_column(code, width), language="python")


def show_lines(code: str, height: int | Literal["content"]) -> None:
    """Code of `in_column`, each line an element of its own, which CSS can mark. frame.css keeps Streamlit, which makes
    such elements of lines that wrap alone, from wrapping them."""
    with st.container(key="listing"):
        st.code(code, language="python", wrap_lines=True, height=height)


def line_selector(number: int) -> str:
    """A line of `show_lines`, counted from 1."""
    return f".st-key-listing code > span:nth-child({number})"
