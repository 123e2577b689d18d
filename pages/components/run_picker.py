"""Choosing one or several trained runs."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import streamlit as st

from core.locale import _
from core.runs.lab import Lab
from core.runs.naming import MAX_NAME_CHARS, data_title
from core.runs.store import Run
from core.sanitize import disambiguate, one_line
from pages.components.link_mirror import mirror
from pages.components.widget_values import say_not_offered

RUN_PARAM = "run"
NAME_PARAM = "name"  # a run's name in a link to it, for whoever reads the link; the id alone counts
NAME_IN_LINK = f"{NAME_PARAM}=([^&]*)"
SELECTED = "runs_picked"  # in the session: ids of the selected runs
SELECTED_BY_HAND = "runs_by_hand"  # whether a person or a link chose them
LAST_LINK = "runs_link"  # what the link says as far as this page knows
GONE = "runs_gone"  # in the session: one of them was deleted, which is still to be said
MAX_RUNS_SIDE_BY_SIDE = 5  # runs side by side; more would not fit, and every one answers every stroke


def trained_runs(lab: Lab) -> list[Run]:
    """Runs that have a checkpoint, newest first."""
    return [run for run in lab.runs() if lab.files.has_checkpoint(run.id)]


def select_runs(runs: Sequence[Run], most: int = MAX_RUNS_SIDE_BY_SIDE, **more: Any) -> list[Run]:
    """Choose among `runs`. The ids stand in the link, as `?run=…`; the newest finished run is selected unless the
    link or the person says otherwise. What a person chooses is a step in the browser's history, and nothing else is."""
    by_id, session = {run.id: run for run in runs}, st.session_state
    link = st.query_params.get(RUN_PARAM, "")
    if link and link != session.get(LAST_LINK):  # came by a link
        if unknown := [run for run in link.split(",") if run not in by_id]:
            say_not_offered(unknown[0])
        session[SELECTED], session[SELECTED_BY_HAND] = [run for run in link.split(",") if run in by_id][:most], True
    chosen = session.get(SELECTED, [])
    session[SELECTED] = [run for run in chosen if run in by_id]
    if len(session[SELECTED]) < len(chosen):  # what was pressed was about the one that is gone
        session[LAST_LINK] = st.query_params[RUN_PARAM] = ",".join(session[SELECTED])
        session[GONE] = True
        st.rerun()
    if session.pop(GONE, False):
        st.toast(_("A run that was shown here is gone: it was deleted somewhere else."), icon=":material/delete:")
    if not session.get(SELECTED_BY_HAND) or not session[SELECTED]:
        session[SELECTED] = [next((run.id for run in runs if run.state == "finished"), runs[0].id)]
    words = run_titles(runs)
    picked = st.multiselect(
        _("Trained models"),
        list(by_id),
        default=session[SELECTED],
        format_func=lambda run: words.get(run, run),
        key=SELECTED,
        max_selections=most,
        on_change=chosen_by_hand,
        persist_state="session",
        placeholder=_("Choose a run"),
        **more,
    )
    session[LAST_LINK] = ",".join(picked)
    mirror({RUN_PARAM: session[LAST_LINK]}, [RUN_PARAM], key="run")
    return [by_id[run] for run in picked]


def chosen_by_hand() -> None:
    st.session_state[SELECTED_BY_HAND] = True
    st.session_state[LAST_LINK] = st.query_params[RUN_PARAM] = ",".join(st.session_state[SELECTED])


def run_link(run: str, name: str) -> str:
    """The address of a run on Train, beside the page that shows it. The name comes first: a column of such links is
    sorted by it."""
    return f"Train?{urlencode({NAME_PARAM: name, RUN_PARAM: run}, quote_via=quote)}"


def run_titles(runs: Sequence[Run]) -> dict[str, str]:
    """Run id → `name (data set)`, or the name alone if it names the data; with the id where two would read the same."""
    data = {run.id: data_title(run.config) for run in runs}
    full = {run.id: run.name if data[run.id] in run.name else f"{run.name} ({data[run.id]})" for run in runs}
    return disambiguate({run: one_line(title, MAX_NAME_CHARS) for run, title in full.items()}, str)


def run_names(runs: Sequence[Run]) -> dict[str, str]:
    """Run id → its name, with the id after it where two runs share a name."""
    return disambiguate({run.id: one_line(run.name, MAX_NAME_CHARS) for run in runs}, str)
