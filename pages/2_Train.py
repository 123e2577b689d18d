"""Train: set up a run and start it, or watch one. The link says which: `?view=new`, `?run=ID`."""

import streamlit as st

from core.locale import _
from core.runs.lab import Lab
from core.runs.store import ACTIVE, Run
from core.sanitize import disambiguate
from pages.components import frame
from pages.components.chart import preload_plotly
from pages.components.page_list import TRAIN
from pages.components.run_card import option_label
from pages.components.widget_values import say_not_offered
from pages.train import result
from pages.train.live import live_run
from pages.train.load_weights import load_weights_form
from pages.train.manage import manage_run
from pages.train.new_run import LINK_PARAMS, new_run_form

NEW, RUNS = "new", "runs"  # what is shown, as the link calls it
MAX_RUNS_IN_SELECT = 200  # runs in the select box


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(TRAIN, auto_refresh=False)
    view = requested_view(lab)
    key = f"view-{view}"  # another control for each view, see `select_run`
    st.segmented_control(
        _("View"),
        [NEW, RUNS],
        format_func=lambda view: _("New run") if view == NEW else _("Runs"),
        default=view,
        key=key,
        required=True,
        on_change=on_view_change,
        args=(key, view),
        label_visibility="collapsed",
    )
    if view == NEW:
        new_run_form(lab)
        load_weights_form(lab)
        preload_plotly()
    elif run := select_run(lab):
        live_run(run.id, lab)
        result.export_weights(run, lab)
        result.run_log(run, lab)
        manage_run(run, lab)


def requested_view(lab: Lab) -> str:
    """As the link says. A bare link goes to what trains now, so that a closed tab finds its run again."""
    asked = st.query_params
    if asked.get("view", NEW) not in (NEW, RUNS):
        say_not_offered(asked["view"])
        del asked["view"]
    if "run" in asked or asked.get("view") == RUNS:
        return RUNS
    if "view" in asked or any(name in asked for name in LINK_PARAMS):
        return NEW
    return RUNS if lab.runs(states=ACTIVE) else NEW


def on_view_change(key: str, shown: str) -> None:
    chosen = st.session_state[key]
    if chosen != shown:
        st.query_params.from_dict({"view": chosen})


def select_run(lab: Lab) -> Run | None:
    """The run that the link names, else the newest that trains, else the newest.

    Each run has a box of its own in each of its states. If the page wrote another choice into the same box, a refresh
    that the browser sends before it has the answer would bring the old choice back as if a person had made it. So a
    box that still shows what it showed when it was drawn has not been touched.
    """
    runs = lab.runs(limit=MAX_RUNS_IN_SELECT)
    by_id = {run.id: run for run in runs}
    asked = st.query_params.get("run")
    if asked and asked not in by_id:
        with frame.show_problems():
            by_id[asked] = lab.run(asked)
    if not by_id:
        st.info(_("There are no runs yet. Set one up, and its curves appear here."), icon=":material/lightbulb:")
        st.button(
            _("Set up a run"),
            type="primary",
            icon=":material/tune:",
            on_click=st.query_params.from_dict,
            args=({"view": NEW},),
        )
        return None
    newest = next((run.id for run in runs if run.state == "running"), next(iter(by_id)))
    chosen = asked if asked in by_id else newest
    key = f"run-{chosen}-{by_id[chosen].state}"
    words = disambiguate({key: option_label(run) for key, run in by_id.items()}, str)
    st.selectbox(
        _("Run"),
        list(by_id),
        index=list(by_id).index(chosen),
        format_func=lambda run: words.get(run, run),
        key=key,
        on_change=on_run_change,
        args=(key, chosen, list(by_id)),
    )
    st.query_params.from_dict({"run": chosen})
    return by_id[chosen]


def on_run_change(key: str, shown: str, known: list[str]) -> None:
    """Follow a choice. A label that changed with its run's state comes back as text: that is no choice."""
    chosen = st.session_state[key]
    if chosen != shown and chosen in known:
        st.query_params.from_dict({"run": chosen})


main()
