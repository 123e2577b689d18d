"""Values that the server writes into a control that the browser holds. A browser that is slow sends the old one back
with the next change of another control, or with the tick of a fragment, and it looks like a person's choice."""

import time
from typing import Any

import streamlit as st

ECHO_S = 2.0  # seconds in which a slow browser may send what a control showed before; a person takes longer to go back
WRITTEN = "written_values"  # in the session: control → what it showed when values were written into it, and when


def remember_written(key: str, before: Any, value: Any) -> None:
    """Note what a control showed until a value was written into it, and that value."""
    now = time.monotonic()
    kept = [pair for pair in st.session_state.get(WRITTEN, {}).get(key, []) if now - pair[1] < ECHO_S]
    st.session_state.setdefault(WRITTEN, {})[key] = [*kept, (before, now), (value, now)]


def was_written(key: str, value: Any) -> bool:
    """Whether a control's value is one that it showed a moment ago, before or after another was written into it: the
    browser had not heard of the last one yet when it sent what it holds. A person's own change looks otherwise, or
    comes later."""
    now = time.monotonic()
    return any(value == old and now - at < ECHO_S for old, at in st.session_state.get(WRITTEN, {}).get(key, []))
