"""Choices that stand in the page's link by their names, the same in every language. Streamlit's own `bind` writes the
words that are shown. A link may also say those words, as links of earlier versions do."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

Title = Callable[[str], str]  # the name of an option → its words


def linked_select(
    label: str, options: Sequence[str], key: str, *, title: Title = str, default: str | None = None, **more: Any
) -> str:
    """One of a few that stand side by side: at first `default`, or else the first."""
    default = default or options[0]
    start = initial_option(key, options, title, default)
    chosen: str | None = st.segmented_control(
        label, options, default=start, required=True, format_func=title, key=key, **more
    )
    return write_link(key, chosen or default, default)


def linked_selectbox(label: str, options: Sequence[str], key: str, *, title: Title = str, **more: Any) -> str:
    """One of several in a box: at first the first."""
    start = initial_option(key, options, title, options[0])
    chosen: str = st.selectbox(label, options, options.index(start), format_func=title, key=key, **more)
    return write_link(key, chosen, options[0])


def linked_pills(
    label: str, options: Sequence[str], key: str, *, title: Title = str, default: Sequence[str] = ()
) -> list[str]:
    """Any of a few that stand side by side: at first `default`."""
    start = initial_options(key, options, title, default)
    chosen = st.pills(label, options, selection_mode="multi", default=start, format_func=title, key=key)
    return write_links(key, chosen, list(default))


def linked_multiselect(label: str, options: Sequence[str], key: str, *, title: Title = str, **more: Any) -> list[str]:
    """Any of several in a box: at first none."""
    start = initial_options(key, options, title, ())
    chosen: list[str] = st.multiselect(label, options, start, format_func=title, key=key, **more)
    return write_links(key, chosen, [])


def linked_tabs(options: Sequence[str], key: str, *, title: Title = str) -> list[tuple[str, TabContainer]]:
    """Tabs and the names of what they show; only the open one need be drawn. The first is open at first."""
    words = [title(option) for option in options]
    if st.session_state.get(key) not in words:  # Streamlit knows a tab by its words
        st.session_state[key] = title(requested(key, options, title, [options[0]])[0])
    tabs = list(zip(options, st.tabs(words, key=key, on_change="rerun"), strict=True))
    for option, tab in tabs:
        if tab.open:
            write_link(key, option, options[0])
    return tabs


def requested(key: str, options: Sequence[str], title: Title, default: Sequence[str]) -> list[str]:
    """The options that the link names, else `default`."""
    asked = st.query_params.get_all(key)
    return [option for option in options if option in asked or title(option) in asked] or list(default)


def initial_option(key: str, options: Sequence[str], title: Title, default: str) -> str:
    """What the control shows when it is drawn: what was chosen, else what the link names. It goes into the session and
    to the control as its default, for the browser may not know the kind of control yet."""
    session = st.session_state
    if session.get(key) not in options:
        session[key] = requested(key, options, title, [default])[0]
    return str(session[key])


def initial_options(key: str, options: Sequence[str], title: Title, default: Sequence[str]) -> list[str]:
    """The same for several. A link with nothing after the key asks for none."""
    session = st.session_state
    if key not in session:
        none = st.query_params.get_all(key) == [""]
        session[key] = [] if none else requested(key, options, title, default)
    session[key] = [option for option in session[key] if option in options]
    return list(session[key])


def write_link(key: str, chosen: str, default: str) -> str:
    write_links(key, [chosen], [default])
    return chosen


def write_links(key: str, chosen: list[str], default: list[str]) -> list[str]:
    """Name in the link what is chosen, unless it is the default. Only a change is written, so that nobody who goes back
    in the browser's history is brought forward again."""
    written = f"{key}-in-link"
    if st.session_state.get(written) == chosen:
        return chosen
    st.session_state[written] = chosen
    if chosen == default:
        if key in st.query_params:
            del st.query_params[key]
    elif st.query_params.get_all(key) != (chosen or [""]):
        st.query_params[key] = chosen or ""
    return chosen
