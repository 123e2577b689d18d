"""Many images, some at a time."""

from typing import NamedTuple

import numpy as np
import streamlit as st


class Page(NamedTuple):
    """One page of a list: what stands on it, and which one it is, from 1."""

    shown: np.ndarray
    number: int
    pages: int


def page_of(items: np.ndarray, most: int, key: str) -> Page:
    """The page that the link asks for, of at most so many items (N,) each; a row of page numbers where there are
    several. `key` is its name in the link and in the session."""
    pages = -(-len(items) // most)
    number = st.pagination(pages, key=key, bind="query-params") if pages > 1 else 1
    return Page(items[(number - 1) * most : number * most], number, pages)
