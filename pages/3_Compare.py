"""Compare: the table of runs, and the chosen ones side by side: curves, settings, mistakes."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.insight.comparison import run_table
from core.locale import _
from core.runs.lab import Lab
from core.runs.store import Run
from core.training.verdict import Measured
from pages.compare.chosen_runs import choice_box, chosen_ids
from pages.compare.curves import curves_tab
from pages.compare.errors import confusion_tab
from pages.compare.run_table import MAX_ROWS, run_filter, runs_table, table_options
from pages.compare.scores import scores_tab
from pages.compare.ticked import ticked_actions
from pages.components import frame, starting
from pages.components.linked_select import linked_tabs
from pages.components.markdown import escape_markdown
from pages.components.own_images import own_images_panel
from pages.components.page_list import COMPARE, TRAIN
from pages.components.probe_images import replayed_images
from pages.components.run_card import AGAIN_ICON, again_params
from pages.components.run_picker import run_names
from pages.components.score_notes import said_of_runs, with_data_doubts
from pages.components.screen import is_narrow
from pages.components.settings_table import settings_table

NAMED = "named_runs"  # in the session: runs that stand first in the table
NEWEST_SELECTED = 4  # runs that are selected before a person chooses: the newest ones

Show = Callable[[Lab, Sequence[Run]], None]


def tab_title(tab: str) -> str:
    titles = {
        "curves": _("Curves"),
        "settings": _("Settings that differ"),
        "scores": _("Settings and scores"),
        "confusion": _("Confusion"),
        "images": _("Images over the epochs"),
    }
    return titles.get(tab, tab)


@frame.show_problems()
def main() -> None:
    lab = frame.start_page(COMPARE, titled=False)
    # The title and the tools share a row where there is room for it, so that the curves are near.
    tools = st.container(horizontal=True, vertical_alignment="center", key="compare-tools")
    with tools:
        frame.page_title(COMPARE, width="content")
    runs = lab.runs()
    if not runs:
        st.markdown(_("Runs appear here side by side when there are some."))
        starting.first_run_button(lab)
        return
    if len(runs) == 1:
        invite_second_run(runs[0])
    narrow = is_narrow()
    with tools:
        wanted = run_filter(runs, narrow=narrow)
    shown = [run for run in runs if wanted.matches(run)]
    if not shown:
        st.info(_("No run fits this filter. Loosen it to see more."), icon=":material/filter_alt_off:")
        return
    ids = chosen_ids(runs, NEWEST_SELECTED)
    in_sight = {run.id: run for run in shown}
    chosen = [in_sight[run] for run in ids if run in in_sight]
    shown = named_first(shown, ids)
    table = run_table(shown, lab.store.epochs)
    with tools:
        options = table_options(table, shown)
        choice_box(shown, ids)
        ticked_actions(lab, chosen)
    runs_table(table, shown, ids, options, narrow=narrow)
    if not chosen:
        st.info(_("Choose one run or more, in the box or in the table, to see them here."), icon=":material/check_box:")
        return
    test_doubts(lab, chosen)
    shows: dict[str, Show] = {
        "curves": curves_tab, "settings": settings_table, "scores": scores_tab, "confusion": confusion_tab,
        "images": images_tab,
    }  # fmt: skip
    for name, tab in linked_tabs(list(shows), "compare", title=tab_title):
        if tab.open:
            with tab, frame.show_problems():
                shows[name](lab, chosen)
    own_images_panel(lab, chosen, pictures=False)


def named_first(runs: Sequence[Run], chosen: Sequence[str]) -> list[Run]:
    """The runs, newest first; before them those that a link has named, if one of them would be out of sight. What is
    ticked afterwards stays where it is."""
    if frame.page_entered():
        place = {run.id: at for at, run in enumerate(runs)}
        hidden = any(place.get(run, 0) >= MAX_ROWS for run in chosen)
        st.session_state[NAMED] = list(chosen) if hidden else []
    named = st.session_state.get(NAMED, [])
    return sorted(runs, key=lambda run: named.index(run.id) if run.id in named else len(named))


def test_doubts(lab: Lab, runs: Sequence[Run]) -> None:
    """What the images say against the test scores in the table."""
    names, doubts = run_names(runs), {}
    for run in runs:
        if (measured := Measured.of_summary(run.summary or {})).total:
            doubts[names[run.id]] = with_data_doubts(measured, run, "test", lab).data_doubts
    if words := said_of_runs(doubts):
        st.caption(":material/warning: " + escape_markdown(_("Test scores · {words}", words=" ".join(words))))


def images_tab(lab: Lab, runs: Sequence[Run]) -> None:
    replayed_images(lab, runs, "replayed-epoch")


def invite_second_run(run: Run) -> None:
    """One run has nothing to be compared with: say how to get another."""
    with st.container(border=True):
        st.markdown(_("There is one run so far. Train a second with one thing changed, and see what the change does."))
        st.page_link(
            TRAIN.file,
            label=_("Again with one change"),
            icon=AGAIN_ICON,
            query_params=again_params(run),
        )


main()
