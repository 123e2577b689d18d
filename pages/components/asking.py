"""A question before something goes for good: what goes, what stays, and two buttons."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.components import frame


def ask(title: str, words: Sequence[str], *, yes: str, no: str, key: str, act: Callable[[], None]) -> None:
    """Open a dialog that says `words` (Markdown) and, once `yes` is pressed, does it and draws the page anew. The
    buttons are `KEY-yes` and `KEY-no`."""
    st.dialog(title)(answer)(words, yes, no, key, act)


def answer(words: Sequence[str], yes: str, no: str, key: str, act: Callable[[], None]) -> None:
    for paragraph in words:
        st.markdown(paragraph)
    with st.container(horizontal=True):
        if st.button(yes, icon=":material/delete:", key=f"{key}-yes"):
            with frame.show_problems():
                act()
                st.rerun()
        if st.button(no, key=f"{key}-no"):
            st.rerun()
