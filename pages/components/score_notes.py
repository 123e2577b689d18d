"""What belongs beside an accuracy: how certain it is, what guessing would give, and why it says little."""

import streamlit as st

from core.training.verdict import Measured
from pages.components.markdown import escape_markdown


def show_score_notes(measured: Measured) -> None:
    if measured.beside:
        st.caption(". ".join(map(escape_markdown, measured.beside)))
    for words in measured.doubts:
        st.warning(escape_markdown(words), icon=":material/warning:")
