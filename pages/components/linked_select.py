"""Choices that stand in the page's link by their names, the same in every language: Streamlit's own `bind` writes the
words that are shown. A link may also hold those words, as links of earlier versions do. Each choice is a step in the
browser's history: going back restores the one before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from pages.components.widget_values import say_not_offered

Title = Callable[[str], str]  # the name of an option → its words


@dataclass(frozen=True)
class Link:
    """What the link says of one control, by the names of its options."""

    key: str
    options: Sequence[str]
    title: Title
    default: Sequence[str]
    several: bool = False  # options can be chosen; a link with nothing after the key asks for none

    def choice(self) -> list[str]:
        """The options that the link asks for, else the default."""
        asked = st.query_params.get_all(self.key)
        if self.several and asked == [""]:
            return []
        found = [option for option in self.options if option in asked or self.title(option) in asked]
        return (found if self.several else found[:1]) or list(self.default)

    def shown(self, now: list[str] | None) -> list[str]:
        """What the control shows: its choice `now` (None: it is drawn for the first time), unless the link has changed
        since and the control has not."""
        self.drop_unknown()
        last, link = st.session_state.get(self._memory, (None, None))
        if now is None or (now == last and link != st.query_params.get_all(self.key)):
            return self.choice()
        return [option for option in now if option in self.options] or ([] if self.several else self.choice())

    def drop_unknown(self) -> None:
        """Take out of the link what is no option here, and say so."""
        asked = st.query_params.get_all(self.key)
        known = [one for one in asked if any(one in (option, self.title(option)) for option in self.options)]
        if unknown := [one for one in asked if one and one not in known]:
            say_not_offered(unknown[0])
            if known:
                st.query_params[self.key] = known
            else:
                del st.query_params[self.key]

    def write(self, chosen: list[str]) -> list[str]:
        """Make the link ask for what is chosen; a default is left out."""
        if self.choice() != chosen:
            if chosen == list(self.default):
                del st.query_params[self.key]
            else:
                st.query_params[self.key] = chosen or ""
        st.session_state[self._memory] = chosen, st.query_params.get_all(self.key)
        return chosen

    @property
    def _memory(self) -> str:
        return f"{self.key}-in-link"  # in the session: what was chosen last, and the link then


def linked_select(
    label: str, options: Sequence[str], key: str, *, title: Title = str, default: str | None = None, **more: Any
) -> str:
    """One of a few options side by side: at the start `default`, or else the first."""
    link = Link(key, options, title, [default or options[0]])
    (start,) = state_of(link)
    chosen: str | None = st.segmented_control(
        label, options, default=start, required=True, format_func=title, key=key, **more
    )
    return link.write([chosen or link.default[0]])[0]


def linked_selectbox(label: str, options: Sequence[str], key: str, *, title: Title = str, **more: Any) -> str:
    """One of several options in a box: at the start the first."""
    link = Link(key, options, title, [options[0]])
    (start,) = state_of(link)
    chosen: str = st.selectbox(label, options, options.index(start), format_func=title, key=key, **more)
    return link.write([chosen])[0]


def linked_pills(
    label: str, options: Sequence[str], key: str, *, title: Title = str, default: Sequence[str] = (), **more: Any
) -> list[str]:
    """Any of a few options side by side: at the start `default`."""
    link = Link(key, options, title, default, several=True)
    start = state_of(link)
    return link.write(
        st.pills(label, options, selection_mode="multi", default=start, format_func=title, key=key, **more)
    )


def linked_multiselect(label: str, options: Sequence[str], key: str, *, title: Title = str, **more: Any) -> list[str]:
    """Any of several options in a box: at the start none."""
    link = Link(key, options, title, (), several=True)
    start = state_of(link)
    return link.write(st.multiselect(label, options, start, format_func=title, key=key, **more))


def linked_tabs(
    options: Sequence[str], key: str, *, title: Title = str, default: str | None = None
) -> list[tuple[str, TabContainer]]:
    """Tabs and the names of what they show; only the open one need be drawn. At the start `default` is open, or else
    the first."""
    link = Link(key, options, title, [default or options[0]])
    words = [title(option) for option in options]
    known = st.session_state.get(key)  # Streamlit knows a tab by its words
    st.session_state[key] = title(link.shown([options[words.index(known)]] if known in words else None)[0])
    tabs = list(zip(options, st.tabs(words, key=key, on_change="rerun"), strict=True))
    for option, tab in tabs:
        if tab.open:
            link.write([option])
    return tabs


def state_of(link: Link) -> list[str]:
    """Set what a control shows, and return it as the control's default, too: the browser may not know that kind of
    control yet, and then misses the state that was set."""
    session = st.session_state
    known = session.get(link.key)
    now = None if known is None else list(known) if link.several else [known]
    shown = link.shown(now)
    if now != shown:
        session[link.key] = shown if link.several else shown[0]
    return shown
