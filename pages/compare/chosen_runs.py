"""Which runs are compared. The link says it; the table, ticked with a pointer, and the box, which a keyboard works as
well, both show what it says."""

from collections.abc import Callable, Mapping, Sequence
from zlib import crc32

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _
from core.runs.store import Run
from pages.components.link_mirror import mirror
from pages.components.markdown import escape_markdown
from pages.components.run_picker import run_link, run_names
from pages.components.widget_values import say_not_offered

RUNS_PARAM = "runs"
BOX_WIDTH_PX = 420  # where there is room
LAST_CHOICE = "compared"  # in the session: what was chosen last, for a visit by a link that names no runs


def chosen_ids(runs: Sequence[Run], preselected: int) -> list[str]:
    """Those of `runs` that the link names, in its order: the first is what others are compared with; else those chosen
    last, else the newest `preselected` with something to show. The link then says it."""
    known = {run.id for run in runs}
    if RUNS_PARAM in st.query_params:
        asked = [run for run in st.query_params[RUNS_PARAM].split(",") if run]
        if unknown := [run for run in asked if run not in known]:
            say_not_offered(unknown[0])
    elif LAST_CHOICE in st.session_state:
        asked = st.session_state[LAST_CHOICE]
    else:
        asked = [run.id for run in newest_alike(runs)[:preselected]]
    chosen = [run for run in dict.fromkeys(asked) if run in known]
    st.session_state[LAST_CHOICE] = chosen
    mirror({RUNS_PARAM: ",".join(chosen)}, [RUNS_PARAM], key="runs")
    return chosen


def newest_alike(runs: Sequence[Run]) -> list[Run]:
    """Runs with something to show, newest first, all on the data set of the newest of them: others are not compared
    with it."""
    there = [(run, DataSource.of(run.config.data)) for run in runs if run.summary or run.progress]
    return [run for run, source in there if source == there[0][1]]


def choose(chosen: list[str]) -> None:
    """Take over what a person chose: a step in the browser's history. What was chosen before keeps its place."""
    before = st.session_state.get(LAST_CHOICE, [])
    chosen = [run for run in before if run in chosen] + [run for run in chosen if run not in before]
    st.session_state[LAST_CHOICE] = chosen
    if st.query_params.get(RUNS_PARAM) != ",".join(chosen):
        st.query_params[RUNS_PARAM] = ",".join(chosen)


def choice_box(runs: Sequence[Run], chosen: list[str]) -> None:
    """How many are compared; when it is opened, their names, a field to find others by their name, and a link to
    each."""
    ids, names = [run.id for run in runs], run_names(runs)
    control = Control("box", ids, chosen, lambda: list(st.session_state[control.key]))
    words = _("Compared: {chosen:count} of {runs:count}", chosen=len(control.here), runs=len(ids))
    box = st.popover(words, icon=":material/check_box:", key="compared-runs")
    box.caption(_("The ticked runs of the table. A click on one of its headings sorts it."))
    box.multiselect(
        _("Compared runs"),
        ids,
        default=control.here,
        format_func=lambda run: names.get(run, run),
        key=control.key,
        on_change=control.changed,
        placeholder=_("Choose runs"),
        width=BOX_WIDTH_PX,
    )
    with box:
        open_links(control.here, names)


def open_links(chosen: Sequence[str], names: Mapping[str, str]) -> None:
    """A link to each of what is compared: the names in the table are drawn on a canvas, which takes no key."""
    links = [f"[{escape_markdown(names[run])}]({run_link(run, names[run])})" for run in chosen]
    if links:
        st.markdown(_("Open in a new tab: {runs}", runs=", ".join(links)))


class Control:
    """One of the controls that show the choice among the runs `ids`, those in sight; `read` gives what it holds.

    No value is ever written into a control that the browser holds: a tick that the browser sends before it has the
    new value would bring the old one back, as if a person had chosen it. A control shows what it was drawn with until
    a person changes it; when the choice changes elsewhere, another control takes its place.
    """

    def __init__(self, name: str, ids: Sequence[str], chosen: list[str], read: Callable[[], Sequence[str]]) -> None:
        self.ids, self.chosen, self.read = ids, chosen, read
        self.here = [run for run in ids if run in chosen]
        self._memory = f"compared-{name}"  # in the session: what the control shows, and its number
        shown, number = st.session_state.get(self._memory, (None, 0))
        rows = crc32(",".join(ids).encode())
        if shown != (rows, self.here):
            number += 1
            st.session_state[self._memory] = (rows, self.here), number
        self.key = f"runs-{name}-{number}"

    def changed(self) -> None:
        """Take over what a person chose. A filter hides a run, it does not take it out of the choice."""
        held = self.read()
        here = [run for run in self.ids if run in held]
        (rows, _shown), number = st.session_state[self._memory]
        st.session_state[self._memory] = (rows, here), number
        choose(here + [run for run in self.chosen if run not in self.ids])
