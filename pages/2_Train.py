"""Train: the form of the next run on the left, a run and its curves on the right, or the code of the form. The link
says which: `?run=ID`, `?code=true`."""

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _
from core.runs.lab import Lab
from core.runs.store import UNREADABLE, Run
from core.sanitize import disambiguate
from pages.components import frame, scrolling
from pages.components.link_mirror import mirror
from pages.components.link_refusals import keep_problems
from pages.components.page_list import TRAIN
from pages.components.report_download import report_button
from pages.components.run_card import option_label
from pages.components.screen import is_narrow
from pages.train import result
from pages.train.base import NEXT_RUN, begin
from pages.train.branch import branch_section
from pages.train.form_link import follow_link, show_run, source_of_link
from pages.train.live import axes_to_come, live_run
from pages.train.load_weights import load_weights_form
from pages.train.manage import manage_run
from pages.train.new_run import new_run_form
from pages.train.script_panel import code_of_form, code_of_run, code_toggle

MAX_RUNS_IN_SELECT = 200  # runs in the select box, the newest
FORM_AND_RUN = (5, 8)  # widths


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(TRAIN, auto_refresh=False)
    is_narrow()  # code asks what it told
    runs = lab.runs(limit=MAX_RUNS_IN_SELECT)
    left, right = st.columns(FORM_AND_RUN, gap="medium")
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            run = select_run(lab, runs)
            code = code_toggle()
        begin(run, lab)  # what the form begins with stands behind the run's curves, too
        follow_link(lab)
        if not code:
            if run:
                run_view(run, lab)
            else:
                axes_to_come()
    with left, st.container(key=NEXT_RUN):
        checked, prepared = new_run_form(lab, run, runs)
        load_weights_form(lab)
    if code:
        with right:
            code_of_form(checked, prepared, lab)
    scrolling.follow()


def run_view(run: Run, lab: Lab) -> None:
    """A run from its curves to what can be done with it."""
    live_run(run.id, lab)
    branch_section(run, lab)
    result.images_over_epochs(run, lab)
    result.export_model(run, lab)
    report_button([run], lab, f"report-{run.id}")
    code_of_run(run, lab)
    result.run_log(run, lab)
    manage_run(run, lab)


def select_run(lab: Lab, runs: list[Run]) -> Run | None:
    """The run that the link names, else the newest that trains, else the newest that waits, else the newest; where the
    link fills the form with a data set, of those on that one.

    Each run has a box of its own in each of its states. If the page wrote another choice into the same box, a refresh
    that the browser sends before it has the answer would bring the old choice back as if a person had made it. So a
    box that still shows what it showed when it was drawn has not been touched.
    """
    by_id = {run.id: run for run in runs}
    asked = st.query_params.get("run")
    if asked and asked not in by_id:
        with keep_problems():
            by_id[asked] = lab.run(asked)
    if not by_id:
        st.info(_("There are no runs yet. Press Start training, and the curves of your run grow here."),
                icon=":material/lightbulb:")  # fmt: skip
        return None
    chosen = asked if asked in by_id else newest_run(runs, source_of_link(lab))
    key = f"run-{chosen}-{by_id[chosen].state if chosen else None}"
    words = disambiguate({key: option_label(run) for key, run in by_id.items()}, str)
    st.selectbox(
        _("Run"),
        list(by_id),
        index=list(by_id).index(chosen) if chosen else None,
        placeholder=_("Choose a run to see its curves"),
        format_func=lambda run: words.get(run, run),
        key=key,
        on_change=on_run_change,
        args=(key, chosen, list(by_id), lab),
        label_visibility="collapsed",
    )
    if chosen is None:
        st.info(_("There are no runs on these images yet. Press Start training, and the curves of your run grow here."),
                icon=":material/lightbulb:")  # fmt: skip
        return None
    mirror({"run": chosen}, ["run"], key="run")
    return by_id[chosen]


def newest_run(runs: list[Run], source: DataSource | None) -> str | None:
    """The id of the newest run, one that trains before others; on this data set alone, if there is one."""
    ids = [run.id for run in sorted(runs, key=lambda run: run.state != "running") if is_on(run, source)]
    return ids[0] if ids else None


def is_on(run: Run, source: DataSource | None) -> bool:
    """Whether it has learned from these images, in any version; a run whose settings cannot be read, from none."""
    if source is None:
        return True
    return run.code != UNREADABLE and DataSource.of(run.config.data).base == source.base


def on_run_change(key: str, shown: str | None, known: list[str], lab: Lab) -> None:
    """Follow a choice. A label that changed with its run's state comes back as text: that is no choice."""
    chosen = st.session_state[key]
    if chosen != shown and chosen in known:
        show_run(chosen, lab)


main()
