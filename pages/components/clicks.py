"""A click reaches the function of its button (`on_click`), whatever is clicked next.

Streamlit asks whether a newer request is there before it takes over what the browser sent with this one, and begins
with the newer, in which the click is no more. Here it asks after it has called the functions of what was changed; it
asks there anyway.
"""

from functools import wraps
from typing import Any

from streamlit.runtime.state.safe_session_state import SafeSessionState


@wraps(SafeSessionState.on_script_will_rerun)
def take_over_at_once(session: SafeSessionState, *args: Any, **kwargs: Any) -> None:
    with session._lock:
        session._state.on_script_will_rerun(*args, **kwargs)


def guard() -> None:
    """Let every session of this process take over each click; again is as once."""
    setattr(SafeSessionState, "on_script_will_rerun", take_over_at_once)  # noqa: B010  Streamlit has no setting for it
