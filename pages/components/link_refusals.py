"""What a link asks for and a page does not have. It stays on the page until somebody changes what the link was about,
or leaves: the link itself is mended at once, so nothing else would tell."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import Problem
from pages.components import frame

REFUSED = "link_refused"  # in the session: {"problems": as `Problem.to_dict` gives them, "state": None until shown}


@contextmanager
def keep_problems() -> Iterator[None]:
    """Keep a `Problem` of the block for `show_refusals`; the page goes on after the block."""
    try:
        yield
    except Problem as problem:
        refuse(problem)


def refuse(problem: Problem) -> None:
    kept = of_this_visit() or {"problems": [], "state": None}
    if problem.to_dict() not in kept["problems"]:
        kept = {"problems": [*kept["problems"], problem.to_dict()], "state": None}
    st.session_state[REFUSED] = kept


def show_refusals(state: Any) -> None:
    """Show what was refused, as long as `state`, what the page shows instead, is as it was then."""
    kept = of_this_visit()
    if kept and kept["state"] in (None, state):
        kept["state"] = state
        for problem in kept["problems"]:
            frame.show_problem(Problem.from_dict(problem))
    else:
        st.session_state.pop(REFUSED, None)


def of_this_visit() -> dict[str, Any] | None:
    """What is kept, unless it was shown before the reader came to this page."""
    kept: dict[str, Any] | None = st.session_state.get(REFUSED)
    return None if kept and kept["state"] is not None and frame.page_entered() else kept
