"""Home: what this is, one click to a first run or the next step, what trains now, the latest runs, the recipes."""

from typing import get_args

import streamlit as st

from core.locale import _, ngettext
from core.runs.lab import Lab
from core.runs.store import ACTIVE, Run, State
from core.settings import reader, registry
from pages.components import frame
from pages.components.chart import preload_plotly
from pages.components.markdown import escape_markdown
from pages.components.page_list import HOME
from pages.components.run_card import run_card
from pages.components.starting import first_run_button
from pages.home.computers import computers
from pages.home.moving import moving
from pages.home.next_steps import next_steps
from pages.home.recipe_cards import recipe_cards

UNFINISHED = (*ACTIVE, "interrupted")  # states of the runs that stand above the recipes
STOPPED = tuple(state for state in get_args(State) if state not in UNFINISHED)  # and below them
MAX_RUNS_LISTED = 3  # runs listed of each kind
MAX_RUNS_LOOKED_AT = 40  # of the newest that finished, for what the cards say and what comes next
REFRESH_INTERVAL_S = 2.0  # seconds between two drawings while something trains
IDLE_REFRESH_INTERVAL_S = 5.0  # and while nothing does: a run may be started or resumed in another tab


@frame.show_problems()
def home_page() -> None:
    lab = frame.start_page(HOME, auto_refresh=False)
    st.title(_("Train image classifiers, and see how they learn"), anchor=False)
    st.markdown(
        _(
            "Pick a data set, set a few sliders, and watch the curves grow while a network learns. Then compare your "
            "runs, and draw a digit for them to read."
        )
    )
    if problem := reader.begin():
        st.warning(escape_markdown(problem), icon=":material/translate:")
    for problem in registry.problems():
        st.warning(escape_markdown(problem), icon=":material/extension_off:")
    runs = lab.runs(MAX_RUNS_LOOKED_AT, ["finished"])
    if runs:
        next_steps(lab, runs)
    else:
        first_run_button(lab)
    busy = any(run.active for run in lab.runs(states=UNFINISHED))
    preload_plotly()
    interval = REFRESH_INTERVAL_S if busy else IDLE_REFRESH_INTERVAL_S
    st.fragment(unfinished_runs, run_every=interval)(lab, busy)
    recipe_cards(lab, runs)
    st.fragment(latest_runs, run_every=interval)(lab)
    moving(lab)


@frame.show_problems()
def unfinished_runs(lab: Lab, was_busy: bool) -> None:
    runs = lab.runs(states=UNFINISHED)
    busy = sorted((run for run in runs if run.active), key=lambda run: (run.state != "running", run.queued))
    if bool(busy) != was_busy:
        st.rerun()  # the whole page: the timer changes its pace
    run_section(_("Training now"), busy, lab)
    computers(lab, busy)
    run_section(_("Interrupted"), [run for run in runs if not run.active], lab)


@frame.show_problems()
def latest_runs(lab: Lab) -> None:
    run_section(_("Latest runs"), lab.runs(MAX_RUNS_LISTED, STOPPED), lab)
    if not lab.runs(limit=1):
        st.header(_("Your runs"), anchor=False)
        st.info(_("There are no runs yet. Train on digits: it takes seconds."), icon=":material/lightbulb:")


def run_section(title: str, runs: list[Run], lab: Lab) -> None:
    if not runs:
        return
    st.header(title, anchor=False)
    for run in runs[:MAX_RUNS_LISTED]:
        run_card(run, lab)
    if len(runs) > MAX_RUNS_LISTED:
        more = len(runs) - MAX_RUNS_LISTED
        words = ngettext(
            "And {n:count} more; Compare lists all runs.", "And {n:count} more; Compare lists all runs.", more
        )
        st.caption(words)
