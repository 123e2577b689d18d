"""How long the run on the form will take, and how much memory: told before Start."""

import time
from collections.abc import Sequence

import streamlit as st

from core.locale import _
from core.run_config import RunConfig
from core.runs import forecast, options, trial
from core.runs.lab import Lab
from core.runs.store import ACTIVE, Run
from pages.components import frame

CHECK_INTERVAL_S = 1.0  # seconds between two looks at timed steps
AT_REST_S = 1.0  # seconds in which nobody changes the form, before steps are timed
MUCH = 1.5  # times as long as expected: a reason is named
RESTING = "form_at_rest"  # in the session: the work on the form, and since when it is that


def forecast_line(config: RunConfig, runs: Sequence[Run], lab: Lab) -> None:
    """What the newest `runs` say of these settings; if there is none like it, a few steps are timed beside the page,
    but not beside a run that trains, nor where EPOCHLAB_TIME_STEPS forbids it."""
    pace = forecast.pace_of_runs(config, runs, lab) or trial.timed_pace(config, lab.workspace)
    if pace:
        st.caption(f":material/timer: {forecast.in_words(pace, config.training.epochs)}")
    elif not options.times_steps():
        st.caption(f":material/timer: {_('How long it takes is not known yet: no run like it has finished here.')}")
    elif any(run.state in ACTIVE for run in runs):
        st.caption(f":material/timer: {_('The time is measured once nothing trains.')}")
    else:
        timed_steps(config, lab)


@st.fragment(run_every=CHECK_INTERVAL_S)
@frame.show_problems()
def timed_steps(config: RunConfig, lab: Lab) -> None:
    """Redraws itself alone; the whole page once the time is known."""
    found = trial.status("estimate", config, lab.workspace)
    if found.state == "done":
        st.rerun()
    if found.state == "absent" and is_at_rest(config):
        trial.start("estimate", config, lab.workspace, asked=False)
    words = _("Timing a few steps …") if found.state != "failed" else _("How long it takes could not be measured.")
    st.caption(f":material/timer: {words}")


def is_at_rest(config: RunConfig) -> bool:
    """Whether the work on the form has been the same for a moment; False when this is asked first."""
    work, now = forecast.work_of(config), time.monotonic()
    before, since = st.session_state.get(RESTING, (None, now))
    if before != work:
        st.session_state[RESTING] = work, now
        return False
    return bool(now - since >= AT_REST_S)


def kept_promise(run: Run, runs: Sequence[Run], lab: Lab) -> str:
    """How far off the forecast of a finished run was; "" where there was none: nothing like it had finished before."""
    if run.state != "finished" or run.origin or not run.started or not run.summary:
        return ""
    pace = forecast.pace_of_runs(run.config, runs, lab, before=run.started) or trial.timed_pace(
        run.config, lab.workspace, before=run.started
    )
    took = run.summary.get("training_seconds")
    if not pace or not took:
        return ""
    expected = pace.seconds(run.config.training.epochs)
    if run.summary.get("stopped_early"):
        return _("Expected {time:duration} for all epochs; it stopped early.", time=expected)
    if took > MUCH * expected:
        return _(
            "Expected {time:duration}, took {took:duration}; other work on this computer may be why.",
            time=expected,
            took=took,
        )
    return _("Expected {time:duration}, took {took:duration}.", time=expected, took=took)
