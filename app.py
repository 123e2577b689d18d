"""Home: what this is, one click to a first run, what trains now, and the latest runs."""

import streamlit as st
from starlette.middleware import Middleware

from core import formatting
from core.runs.lab import Lab
from core.runs.store import ACTIVE, Run
from core.settings import registry
from pages.components import frame
from pages.components.chart import chart_to_come, library_route
from pages.components.markdown import escape_markdown
from pages.components.page_list import HOME
from pages.components.run_card import card
from pages.components.security_middleware import HostOriginMiddleware
from pages.components.starting import first_run

LATEST = 8  # runs listed of each kind
EVERY = 2.0  # seconds between two looks while something trains
LOOK = 5.0  # and while nothing does: a run may be started or resumed in another tab


@frame.problem()
def main() -> None:
    lab = frame.begin(HOME, ticking=False)
    st.title("Train image classifiers, and see how they learn", anchor=False)
    st.markdown(
        "Pick a data set, set a few sliders, and watch the curves grow while a network learns. Then compare your "
        "runs, and draw a digit for them to read."
    )
    for problem in registry.problems():
        st.warning(escape_markdown(problem), icon=":material/extension_off:")
    first_run(lab)
    busy = bool(lab.runs(states=ACTIVE))
    chart_to_come()
    st.fragment(overview, run_every=EVERY if busy else LOOK)(lab, busy)


@frame.problem()
def overview(lab: Lab, was_busy: bool) -> None:
    busy = sorted(lab.runs(states=ACTIVE), key=lambda run: run.state != "running")
    if bool(busy) != was_busy:
        st.rerun()  # the whole page: the timer changes its pace
    stopped = lab.runs(states=["interrupted"])
    shown = {run.id for run in [*busy, *stopped]}
    others = [run for run in lab.runs(LATEST) if run.id not in shown]
    section("Training now", busy, lab)
    section("Interrupted", stopped, lab)
    section("Latest runs", others, lab)
    if not shown and not others:
        st.subheader("Your runs", anchor=False)
        st.info("There are no runs yet. Train on digits: it takes seconds.", icon=":material/lightbulb:")


def section(title: str, runs: list[Run], lab: Lab) -> None:
    if not runs:
        return
    st.subheader(title, anchor=False)
    for run in runs[:LATEST]:
        card(run, lab)
    if len(runs) > LATEST:
        st.caption(f"And {formatting.count(len(runs) - LATEST)} more; Compare lists all runs.")


if __name__ == "__main__":  # as a page; the server imports this file for `app`
    main()
else:
    app = st.App(__file__, routes=[library_route()], middleware=[Middleware(HostOriginMiddleware)])
