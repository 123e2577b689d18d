"""One of a few that stand side by side, and in the page's link."""

from collections.abc import Sequence
from typing import Any

import streamlit as st


def linked_select(label: str, options: Sequence[str], key: str, *, default: str | None = None, **more: Any) -> str:
    """The option chosen, at first `default` (or the first). A link that names none of them, as `?key=` does, leaves
    Streamlit's control empty although one is required: then the default holds, too."""
    default = default or options[0]
    chosen: str | None = st.segmented_control(
        label, options, default=default, required=True, key=key, bind="query-params", **more
    )
    return chosen or default
