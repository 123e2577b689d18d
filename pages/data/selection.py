"""Which images of a data set are selected, over all pages of the grid, for as long as the tab is open."""

from collections.abc import Iterable, Sequence
from typing import TypedDict

import streamlit as st

SELECTION = "selected_images"  # in the session


class Selection(TypedDict):
    """In plain data."""

    of: str  # the key of the data set
    places: list[int]  # ascending, as the set as it came has them
    at: int  # how often it was changed by something else than a press on a tile


def selection(of: str) -> Selection:
    """That of a data set; another set has had none."""
    kept: Selection | None = st.session_state.get(SELECTION)
    if kept is None or kept["of"] != of:
        kept = Selection(of=of, places=[], at=0 if kept is None else kept["at"] + 1)
        st.session_state[SELECTION] = kept
    return kept


def select(of: str, places: Iterable[int]) -> None:
    """Make these the selection, whatever it was."""
    st.session_state[SELECTION] = Selection(of=of, places=sorted(places), at=selection(of)["at"] + 1)


def marked(of: str, shown: Sequence[int], chosen: Sequence[int]) -> None:
    """The tiles that a person has marked among those that are shown; what is selected on other pages stays."""
    kept = selection(of)
    here = {shown[place] for place in chosen}
    kept["places"] = sorted((set(kept["places"]) - set(shown)) | here)
