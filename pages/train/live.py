"""One run, watched: its state, its curves while they grow, its numbers and its epochs."""

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from core.charts.curves import line_charts
from core.charts.style import run_colours
from core.errors import Problem
from core.insight.branches import branch_epochs
from core.insight.comparison import Curve, curves, metrics_of
from core.insight.diagnosis import verdicts_of
from core.locale import _
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.store import EpochRow, Run, StepRow
from core.sanitize import one_line
from core.training.metrics import metrics_in_words, spec_of
from pages.components import frame
from pages.components.chart import live_chart
from pages.components.markdown import escape_markdown
from pages.components.spec_words import metric_name
from pages.components.step_cache import step_rows
from pages.train import result
from pages.train.branch import origin_text, weights_text
from pages.train.chart_options import ChartOptions
from pages.train.diagnosis_card import verdict_card
from pages.train.draft import check
from pages.train.epoch_table import epoch_table
from pages.train.forecast import kept_promise
from pages.train.forms import current_draft
from pages.train.ghost import comparable_runs, ghost_notes, ghost_of, ghost_title, named
from pages.train.headline import again_button, headline
from pages.train.key_numbers import key_numbers

REFRESH_INTERVAL_S = 1.0  # seconds between two drawings of a run that trains
FIRST_REFRESH_INTERVAL_S = 0.3  # seconds, before its first numbers
POLL_INTERVAL_S = 2.0  # seconds between two reads of a state that another tab may change
SHORT_RUN = 20  # epochs up to which all of them are on the axis from the first moment
EMPTY_LOSS = 2.5  # nats: a little above that of guessing among ten classes
MAX_POINTS = 400  # points of a line that are sent at each tick where there are
MAX_GHOST_POINTS = 150  # points of a line of the run behind the curves
FULL_RESOLUTION_PANELS = 4  # panels, which stay below 100 kB; of more panels each line has fewer points


@dataclass(frozen=True)
class Beside:
    """What a run is shown with, read once a full run of the page."""

    colours: dict[str, str]  # by run id
    others: list[Run]  # that can stand behind its curves, newest first


def live_run(run_id: str, lab: Lab) -> None:
    """Draw the run, and again every second while it trains. One flat fragment; a change of state is a
    full rerun. A run that does not train is drawn once, and only its state is read again."""
    run = lab.run(run_id)
    others = comparable_runs(run, lab)
    every = run_colours(lab.store.ids())
    beside = Beside({one.id: every[one.id] for one in (run, *others)}, others)
    interval = (
        None if not run.active else REFRESH_INTERVAL_S if step_rows(lab.store, run_id) else FIRST_REFRESH_INTERVAL_S
    )
    st.fragment(watch_run, run_every=interval)(run_id, run.state, beside, interval, lab)
    if run.resumable:
        st.fragment(poll_state, run_every=POLL_INTERVAL_S)(run_id, run.state, lab)


def axes_to_come() -> None:
    """The axes of a first run, without lines: where its curves will grow."""
    config = check(current_draft()).config or RunConfig()
    figure = line_charts({"loss": [], "accuracy": []}, {}, columns=1)
    for axis, top in (("xaxis", epochs_shown(config, 0)), ("yaxis", EMPTY_LOSS), ("xaxis2", None), ("yaxis2", 100)):
        figure["layout"][axis] |= {"range": [0, top]} if top else {}
    nothing = {"type": "scatter", "x": [None], "y": [None], "showlegend": False}  # plotly draws no axis of no line
    figure["data"] = [nothing | {"xaxis": f"x{place}", "yaxis": f"y{place}"} for place in (1, 2)]
    live_chart(figure, _("The axes of loss and accuracy over the epochs. There are no curves yet."), key="axes-to-come")


def epochs_shown(config: RunConfig, now: float) -> int:
    """Where the axis of a run in epoch `now` ends: it grows a few times in a long run, and never in a short one."""
    end = SHORT_RUN
    while end < now:
        end *= 2
    return min(end, config.training.epochs)


def poll_state(run_id: str, previous_state: str, lab: Lab) -> None:
    with suppress(Problem):
        if lab.run(run_id).state == previous_state:
            return
    st.rerun()  # also where it was deleted in another tab: the page says so


def watch_run(run_id: str, previous_state: str, beside: Beside, interval: float | None, lab: Lab) -> None:
    try:
        run = lab.run(run_id)
    except Problem as error:  # deleted in another tab
        frame.show_problem(error)
        return
    epochs = lab.store.epochs(run_id)
    steps = step_rows(lab.store, run_id)
    if run.state != previous_state or (interval == FIRST_REFRESH_INTERVAL_S and steps):
        st.rerun()  # the whole page: it starts, stops or changes the timer, and shows the state everywhere
    # The same boxes in the same order at every tick, so that the browser keeps each one, the chart above all.
    there = bool(epochs or steps)
    found = [] if run.active else verdicts_of(run, epochs, steps, lab)
    head = st.container()
    chart = st.container(key=f"curves-{'here' if there or not run.active else 'to-come'}-{run.id}")
    numbers, table = st.container(), st.container()
    with head:
        view = headline(run, found, lab, steps, metrics_of(epochs, steps) if there else [], beside.others)
    with chart:
        draw_charts(run, epochs, steps, view, beside, lab)
    with numbers:
        verdict_card(run, found, lab)
        if epochs or run.active:
            key_numbers(run, epochs, steps)
            if words := kept_promise(run, beside.others, lab):
                st.caption(f":material/timer: {words}")
        if run.state == "finished":
            result.score_card(run, found, lab)
        elif run.active:  # beside the buttons above it would take a second row, and the chart would move at the end
            again_button(run, lab)
    with table:
        epoch_table(run, epochs, steps)


def draw_charts(
    run: Run,
    epochs: list[EpochRow],
    steps: list[StepRow],
    view: ChartOptions | None,
    beside: Beside,
    lab: Lab,
) -> None:
    if view is None:
        if run.active:
            st.caption(_("The curves appear here with the first numbers."))
        elif run.state == "finished":
            st.caption(_("These weights were loaded from a file, so there are no curves."))
        begins_with(run, lab)
        return
    ghost = ghost_of(run, beside.others)
    if not view.metrics:
        st.info(_("Choose at least one kind of chart under View."), icon=":material/show_chart:")
        return
    most = MAX_POINTS * FULL_RESOLUTION_PANELS // max(FULL_RESOLUTION_PANELS, len(view.metrics))
    since = branch_epochs([run, ghost] if ghost else [run])
    panels: dict[str, list[Curve]] = {
        metric: curves(run, epochs, steps, metric, view.x, view.smoothing, most, since[run.id])
        for metric in view.metrics
    }
    if ghost:
        old_epochs, old_steps = lab.store.epochs(ghost.id), step_rows(lab.store, ghost.id)
        for metric, lines in panels.items():
            behind = curves(
                ghost, old_epochs, old_steps, metric, view.x, view.smoothing, MAX_GHOST_POINTS, since[ghost.id]
            )
            panels[metric] = [*named(behind, ghost_title(ghost, run)), *lines]
    figure = line_charts(
        panels,
        beside.colours,
        x=view.x,
        log=view.log,
        columns=1,
        ghost=ghost.id if ghost else "",
        to_epoch=epochs_shown(run.config, run.progress * run.config.training.epochs) if run.active else 1,
    )
    live_chart(figure, one_line(chart_alt_text(run, view.metrics, epochs, steps)), key=f"curves-{run.id}")
    if run.origin:
        st.caption(escape_markdown(origin_text(run.origin)))
    begins_with(run, lab)
    if ghost:
        ghost_notes(run, ghost)
    if run.config.data.measured_on == "test":
        st.caption(_("Solid: training. Dashed: test set. A diamond marks the best point of each chart."))
        st.info(
            _(
                "**The dashed line is measured on the test set after every epoch,** because no validation images are "
                "held out. A model or an epoch chosen by this score is judged too kindly: the test images helped to "
                "choose."
            ),
            icon=":material/info:",
        )
    else:
        st.caption(_("Solid: training. Dashed: validation. A diamond marks the best point of each chart."))


def begins_with(run: Run, lab: Lab) -> None:
    """Say whose weights it began with, if those were another run's."""
    if not run.origin and (words := weights_text(run, lab)):
        st.caption(escape_markdown(words))


def chart_alt_text(run: Run, metrics: list[str], epochs: list[EpochRow], steps: list[StepRow]) -> str:
    """The chart's latest values, for readers who cannot see it."""
    titles = ", ".join(metric_name(spec_of(name)) for name in metrics)
    words = [_("Curves of {run:name}: {metrics}.", run=run.name, metrics=titles)]
    if steps:
        now = metrics_in_words({name: steps[-1][name] for name in metrics}, _("training"))
        words.append(_("At epoch {epoch:.1f}: {values}.", epoch=steps[-1].epoch, values=now))
    if epochs:
        part = _("test") if run.config.data.measured_on == "test" else _("validation")
        now = metrics_in_words({name: epochs[-1][f"val_{name}"] for name in metrics}, part)
        words.append(_("After epoch {epoch}: {values}.", epoch=epochs[-1].epoch, values=now))
    return " ".join(words)
