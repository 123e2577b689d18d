"""What a browser sends for a control: a value that the control cannot have counts as its default, with a word.

The page's own controls send none. Programs do, and a tab that was open before the server was changed. Streamlit checks
the ranges and the options of most controls, but takes a value of any kind for any of them, and what then raises ends
the page. All that is sent becomes values in one place, for callbacks, pages and the session alike; it is guarded here.
"""

import logging
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any

import streamlit as st
from streamlit.runtime.state.session_state import Serialized, Value, WStates

from core.locale import _
from core.sanitize import one_line
from pages.components.markdown import escape_markdown

MAX_SHOWN_CHARS = 80  # characters of what a link asks for
logger = logging.getLogger(__name__)
ALSO_SENT = {"double_value": ("int_value",)}  # kind of value that a control declares → others that it sends, too


def guard() -> None:
    """Let every session of this process read what browsers send through `guarded`; done once."""
    if not hasattr(WStates.__getitem__, "__wrapped__"):
        setattr(WStates, "__getitem__", guarded(WStates.__getitem__))  # noqa: B010  Streamlit has no setting for it


def guarded(read: Callable[[WStates, str], Any]) -> Callable[[WStates, str], Any]:
    """The same, but that a value which `read` cannot use is the control's default."""

    @wraps(read)
    def value_of(states: WStates, widget: str) -> Any:
        sent, control = states.states.get(widget), states.widget_metadata.get(widget)
        if control is None or not isinstance(sent, Serialized):
            return read(states, widget)
        kind = sent.value.WhichOneof("value")
        if kind in (None, control.value_type, *ALSO_SENT.get(control.value_type, ())):
            try:
                return read(states, widget)
            except Exception as error:  # whatever a control's own reading raises, it cannot have that value
                logger.debug("%s cannot have what was sent for it", widget, exc_info=error)
        say_unusable()
        default = deepcopy(control.deserializer(None))
        states.states[widget] = Value(default)
        return default

    return value_of


def say_unusable() -> None:
    """Say that what was sent for a control was not followed."""
    st.toast(_("A control was sent a value that it cannot have. That value is not used."), icon=":material/undo:")


def say_not_offered(asked: str) -> None:
    """Say that a link asks for what cannot be chosen here."""
    shown = escape_markdown(one_line(asked, MAX_SHOWN_CHARS))
    st.toast(_("The link asks for {asked:name}, which cannot be chosen here.", asked=shown), icon=":material/link_off:")
