"""The computers that take runs from the queue, where several share it."""

from collections.abc import Sequence

import streamlit as st

from core.locale import _
from core.runs.computers import known_computers, names_of, words_of
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.markdown import escape_markdown


def computers(lab: Lab, busy: Sequence[Run]) -> None:
    """A line each, those that are there first; nothing where there are none. `busy`: the runs that wait or train."""
    found = known_computers(lab.store)
    if not found:
        return
    st.header(_("Computers"), anchor=False)
    names = names_of(found)
    lines = [
        " · ".join([f"**{escape_markdown(names[one.place])}**", *map(escape_markdown, words_of(one, busy))])
        for one in found
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
