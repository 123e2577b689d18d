"""A button for what can only be done to images while no run needs them."""

from collections.abc import Iterable

import streamlit as st

from core.locale import _
from core.runs.store import Run


def idle_button(label: str, runs: Iterable[Run], *, icon: str, key: str) -> bool:
    """Whether it was pressed. It rests, and says why, while one of the runs on the images trains or waits to."""
    busy = any(run.active for run in runs)
    why = _("A run trains on these images or waits to. Wait for its end, or cancel it.") if busy else None
    return st.button(label, icon=icon, key=key, disabled=busy, help=why)
