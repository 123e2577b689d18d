"""The learning-rate finder on the form: a process beside the page, its curve, and one click to take what it
suggests."""

import streamlit as st

from core import formatting
from core.charts.rates import range_chart
from core.locale import _
from core.run_config import RunConfig
from core.runs import trial
from core.runs.lab import Lab
from core.training import lr_suggestion
from core.training.lr_suggestion import Suggestion
from pages.components import frame
from pages.components.chart import live_chart
from pages.components.markdown import escape_markdown
from pages.train import forms

CHECK_INTERVAL_S = 0.5  # seconds between two looks at a test that goes on


def rate_finder(config: RunConfig | None, lab: Lab) -> None:
    """The finder beside the optimizer. `config`: the settings on the form; None while they cannot be trained with."""
    box = st.popover(
        _("Find a rate"), icon=":material/query_stats:", on_change="rerun", key="finder", disabled=config is None,
    )  # fmt: skip
    if box.open and config:
        with box:
            range_test(config, lab)


def range_test(config: RunConfig, lab: Lab) -> None:
    """A button that starts the test, or how far it is, or what it found for these settings."""
    found = trial.status("find-lr", config, lab.workspace)
    if found.state == "running":
        st.fragment(watch, run_every=CHECK_INTERVAL_S)(config, lab)
        return
    if found.state == "done":
        draw(found, config)
    if found.state == "failed":
        st.warning(escape_markdown(found.error), icon=":material/warning:")
    again = found.state in ("done", "failed")
    if not again:
        st.caption(
            _(
                "Trains a copy of the model for about a hundred steps while the rate grows from very small to very "
                "large, and looks where the loss falls fastest and where it is lowest. Takes some seconds; no run "
                "comes of it."
            )
        )
    if st.button(_("Test again") if again else _("Find a learning rate"), icon=":material/query_stats:", key="find-lr"):
        with frame.show_problems():
            trial.cancel("find-lr", config, lab.workspace)
            if not trial.start("find-lr", config, lab.workspace):
                st.info(_("Another test is at work. Wait until it is done."), icon=":material/hourglass_empty:")
                return
            st.rerun()


@frame.show_problems()
def watch(config: RunConfig, lab: Lab) -> None:
    found = trial.status("find-lr", config, lab.workspace)
    if found.state != "running":
        st.rerun()
    st.caption(_("Testing learning rates …") if found.reports else _("Starting …"))
    if found.reports:
        draw(found, config)
    if st.button(_("Cancel"), icon=":material/close:", key="cancel-find-lr"):
        trial.cancel("find-lr", config, lab.workspace)
        st.rerun()


def draw(found: trial.Trial, config: RunConfig) -> None:
    """The curve as far as it goes; at the end the suggestion with its reason, and the button that takes it."""
    points = [report for report in found.reports if "step" in report]
    end = found.reports[-1]
    suggested = end.get("suggestion")
    rates, losses, means = ([float(point[name]) for point in points] for name in ("lr", "loss", "smoothed"))
    now = config.optimizer.lr
    label = _("Loss of a test with rising learning rates.")
    live_chart(range_chart(rates, losses, means, suggested, now), label, key="range-chart")
    if found.state != "done":
        return
    result = Suggestion(suggested, end["steepest_at"], end["lowest_at"], end["rises_from"]) if suggested else None
    st.caption(lr_suggestion.in_words(result, now))
    if suggested and suggested != now:
        st.button(
            _("Use {rate}", rate=formatting.rate(suggested)),
            icon=":material/check:",
            type="primary",
            key="use-lr",
            on_click=forms.set_value,
            args=("optimizer.lr", suggested),
        )
