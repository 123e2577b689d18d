"""What stands above the curves of a run: its name and state, what can be done with it, how far it is or how it
ended."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.insight.diagnosis import Verdict
from core.locale import _
from core.models.families.vision import WEIGHTS_UNAVAILABLE
from core.runs import outcomes
from core.runs.lab import Lab
from core.runs.load import load_of
from core.runs.store import UNREADABLE, Run, StepRow
from core.training.events import DIVERGED
from core.training.metrics.spec import MetricSpec
from pages.components import frame
from pages.components.markdown import escape_markdown
from pages.components.page_list import TRAIN
from pages.components.run_card import (
    AGAIN_ICON,
    badges,
    outcome_text,
    progress_bar,
    queue_text,
    resume_button,
    score_text,
    subtitle,
)
from pages.train.base import Base, choose_base, show_form
from pages.train.chart_options import ChartOptions, chart_options
from pages.train.diagnosis_card import with_verdict

OUTCOME_BOXES = {"failed": (st.error, ":material/error:"), "finished": (st.info, ":material/info:")}


def headline(
    run: Run,
    found: Sequence[Verdict],
    lab: Lab,
    steps: Sequence[StepRow],
    metrics: list[MetricSpec],
    others: list[Run],
) -> ChartOptions | None:
    """The run's name and state, what can be done with it, and a line on how far it is or how it ended, as high in each
    state: the chart below does not move when the state changes. Returns how the curves are to be drawn."""
    view = None
    one_line = f"headline-{run.id}" if not run.tags else None  # tags may take several
    with st.container(horizontal=True, vertical_alignment="center", key=one_line):
        st.header(escape_markdown(run.name), anchor=False, width="content")
        st.markdown(badges(run), width="content")
    with st.container(horizontal=True, vertical_alignment="center", key=f"tools-{run.id}"):
        st.caption(subtitle(run, lab), width="stretch")
        run_buttons(run, lab)
        if metrics:
            view = chart_options(run, metrics, others, here=lab.liveness.is_here(run))
    with st.container(key=f"status-{run.id}"):
        progress_bar(run, " · " + _("step {step:count}", step=steps[-1].step) if steps else "")
        if run.state == "queued":
            st.progress(run.progress, text=queue_text(run, lab))
            if words := lab.executor.problem():
                st.warning(escape_markdown(words), icon=":material/warning:")
        elif run.message:
            box, icon = OUTCOME_BOXES.get(run.state, (st.warning, ":material/warning:"))
            box(outcome_text(run), icon=icon)
        elif run.state == "finished" and run.summary:
            st.markdown(with_verdict(score_text(run), found))
        if view and view.load and run.pid and (load := load_of(run.pid)):
            st.caption(f":material/speed: {load.in_words()}")
    return view


def run_buttons(run: Run, lab: Lab) -> None:
    """What can be done in this state. Pause and cancel are requests that the worker follows within a moment."""
    if not run.active:
        again_button(run, lab)
    if run.state == "finished":
        return
    if run.active:
        asked = run.requested_action is not None
        if st.button(_("Pause"), icon=":material/pause:", disabled=asked, key=f"pause-{run.id}"):
            run_action(lab.pause, run)
    if run.resumable and run.code != DIVERGED:  # it would only diverge again
        resume_button(run, lab, key=f"resume-{run.id}")
    if run.state == "failed" and run.code == WEIGHTS_UNAVAILABLE:
        start_with_button(run, lab, _("Start from random weights"), ":material/casino:", {"model.weights": "random"})
    if run.state == "failed" and run.code == outcomes.OUT_OF_MEMORY and (half := run.config.training.batch_size // 2):
        words = _("Start with batches of {size:count}", size=half)
        start_with_button(run, lab, words, ":material/compress:", {"training.batch_size": half})
    if run.state != "failed" and run.state != "cancelled":
        help_ = _("Ends the run here. What it has learnt so far is kept, and it can be resumed later.")
        if st.button(_("Cancel"), icon=":material/stop:", help=help_, key=f"cancel-{run.id}"):
            run_action(lab.cancel, run)


def again_button(run: Run, lab: Lab) -> None:
    """Make the next run the same as this one, but for what is then changed."""
    if run.code == UNREADABLE:
        return
    if st.button(
        _("Again with one change"), icon=AGAIN_ICON, type="tertiary", key=f"again-{run.id}",
        help=_("Fills the form with the settings of this run."),
    ):  # fmt: skip
        choose_base(Base(run=run.id), lab)
        show_form()
        st.toast(_("The form has the settings of {run:name}.", run=escape_markdown(run.name)), icon=AGAIN_ICON)
        st.rerun()


def start_with_button(run: Run, lab: Lab, words: str, icon: str, changes: dict[str, object]) -> None:
    """A button that starts the same run anew without what made it fail."""
    if st.button(words, icon=icon, key=f"{next(iter(changes))}-{run.id}"):
        with frame.show_problems():
            other = lab.submit(run.config.replace(changes), recipe=run.recipe)
            st.switch_page(TRAIN.file, query_params={"run": other.id})


def run_action(what: Callable[[str], None], run: Run) -> None:
    with frame.show_problems():
        what(run.id)
        st.rerun()
