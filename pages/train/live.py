"""One run, watched: its state, its curves while they grow, its epochs, and what one can do to it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from core import formatting
from core.charts.curves import line_charts
from core.charts.style import run_colours
from core.errors import Problem
from core.insight.branches import branch_epochs
from core.insight.comparison import Axis, Curve, chart_families, curves, metrics_of
from core.insight.diagnosis import Verdict, verdicts_of
from core.locale import _, translate
from core.models.families.vision import WEIGHTS_UNAVAILABLE
from core.runs import outcomes
from core.runs.lab import Lab
from core.runs.load import load_of
from core.runs.store import EpochRow, Run, StepRow
from core.sanitize import one_line
from core.training.metrics import DECISIVE, METRICS, logarithmic, metrics_in_words, spec_of
from core.training.metrics.spec import MetricSpec
from pages.components import frame
from pages.components.chart import live_chart
from pages.components.markdown import escape_markdown
from pages.components.page_list import TRAIN
from pages.components.run_card import (
    outcome_text,
    progress_bar,
    queue_text,
    resume_button,
    score_text,
    state_badges,
    subtitle,
)
from pages.components.spec_words import AXES, axis_title, best_on, last_on, metric_name
from pages.components.step_cache import step_rows
from pages.train import result
from pages.train.branch import origin_text, weights_text
from pages.train.diagnosis_card import verdict_card, with_verdict
from pages.train.epoch_table import epoch_table
from pages.train.forecast import kept_promise
from pages.train.ghost import comparable_runs, ghost_notes, ghost_of, ghost_title, named, pin_select

REFRESH_INTERVAL_S = 1.0  # seconds between two drawings of a run that trains
FIRST_REFRESH_INTERVAL_S = 0.3  # seconds, before its first numbers
POLL_INTERVAL_S = 2.0  # seconds between two reads of a state that another tab may change
MAX_POINTS = 400  # points of a line that are sent at each tick where there are
MAX_GHOST_POINTS = 150  # points of a line of the run behind the curves
FULL_RESOLUTION_PANELS = 4  # panels, which stay below 100 kB; of more panels each line has fewer points
OUTCOME_BOXES = {"failed": (st.error, ":material/error:"), "finished": (st.info, ":material/info:")}


@dataclass(frozen=True)
class ChartOptions:
    """How a person wants to see the curves."""

    metrics: list[str]
    x: Axis
    smoothing: float
    log: bool
    load: bool  # whether to say how busy the computer is


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


def poll_state(run_id: str, previous_state: str, lab: Lab) -> None:
    with suppress(Problem):  # deleted in another tab; the next drawing of the page says so
        if lab.run(run_id).state != previous_state:
            st.rerun()


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
        view = headline(run, found, lab, steps, metrics_of(epochs, steps) if there else [], beside)
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
    with table:
        epoch_table(run, epochs, steps)


def headline(
    run: Run, found: list[Verdict], lab: Lab, steps: list[StepRow], metrics: list[MetricSpec], beside: Beside
) -> ChartOptions | None:
    """The run's name and state, what can be done with it, and a line on how far it is or how it ended, as high in each
    state: the chart below does not move when the state changes. Returns how the curves are to be drawn."""
    view = None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(escape_markdown(run.name), anchor=False, width="content")
        state_badges(run)
    with st.container(horizontal=True, vertical_alignment="center", key=f"tools-{run.id}"):
        st.caption(subtitle(run), width="stretch")
        run_buttons(run, lab)
        if metrics:
            view = chart_options(run, metrics, beside.others)
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
    if run.state == "finished":
        return
    if run.active:
        asked = run.requested_action is not None
        if st.button(_("Pause"), icon=":material/pause:", disabled=asked, key=f"pause-{run.id}"):
            run_action(lab.pause, run)
    if run.resumable:
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


def start_with_button(run: Run, lab: Lab, words: str, icon: str, changes: dict[str, object]) -> None:
    """A button that starts the same run anew without what made it fail."""
    if st.button(words, icon=icon, key=f"{next(iter(changes))}-{run.id}"):
        with frame.show_problems():
            other = lab.submit(run.config.replace(changes))
            st.switch_page(TRAIN.file, query_params={"run": other.id})


def run_action(what: Callable[[str], None], run: Run) -> None:
    with frame.show_problems():
        what(run.id)
        st.rerun()


def key_numbers(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> None:
    """The best and the last values, with words that say which, and with the counts behind them."""
    trained = [row for row in epochs if row.epoch]
    shown = trained or epochs
    best = max(shown, key=lambda row: row[f"val_{DECISIVE}"] or 0, default=None)
    last = shown[-1] if shown else None
    decisive, measured_on = METRICS[DECISIVE], run.config.data.measured_on
    boxes = [
        score_metric(best_on(measured_on, decisive), best, "val"),
        score_metric(last_on(measured_on, decisive), last, "val"),
        score_metric(last_on("train", decisive), trained[-1] if trained else None, "train"),
    ]
    spent = formatting.duration(run.seconds) if run.seconds else formatting.NONE
    rate = (run.summary or {}).get("images_per_second") or (steps[-1]["images_per_second"] if steps else None)
    boxes.append((_("Time trained"), spent, formatting.speed(rate) if rate else ""))
    with st.container(horizontal=True, key=f"numbers-{run.id}"):
        for label, value, below in boxes:
            st.metric(label, value, below or None, delta_color="off", delta_arrow="off", border=True)


def score_metric(label: str, row: EpochRow | None, part: str) -> tuple[str, str, str]:
    if row is None:
        return label, formatting.NONE, ""
    counts = formatting.of(row.count(f"{part}_correct"), row.count(f"{part}_total"))
    value = METRICS[DECISIVE].write(row[f"{part}_{DECISIVE}"])
    if row.epoch:
        return label, value, _("{counts}, epoch {epoch}", counts=counts, epoch=row.epoch)
    return label, value, _("{counts}, untrained", counts=counts)


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
    figure = line_charts(panels, beside.colours, x=view.x, log=view.log, columns=1, faint=ghost.id if ghost else "")
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


def chart_options(run: Run, found: list[MetricSpec], others: list[Run]) -> ChartOptions:
    families = chart_families(found)
    at_once = [group for group, specs in families.items() if any(spec.drawn_at_once for spec in specs)]
    with st.popover(_("View"), icon=":material/tune:"):
        shown = st.pills(
            _("Charts"),
            list(families),
            selection_mode="multi",
            default=at_once,
            format_func=translate,
            key=f"charts-{run.id}",
        )
        x = st.segmented_control(
            _("Horizontal axis"), list(AXES), default="Epochs", required=True, format_func=axis_title, key=f"x-{run.id}"
        )
        smoothing = st.slider(
            _("Smoothing"),
            0.0,
            0.99,
            0.0,
            0.01,
            key=f"smooth-{run.id}",
            help=_(
                "Averages each point with those before it. The raw curve stays, faint. "
                "Too high: the curve lags behind what happens. Too low: noise hides the trend."
            ),
        )
        log = st.toggle(_("Log scale"), key=f"log-{run.id}", help=_("For {metrics}.", metrics=logarithmic()))
        load = run.state == "running" and st.toggle(_("Load of this computer"), key=f"load-{run.id}")
        pin_select(run, others)
    metrics = [spec.name for group, specs in families.items() if group in shown for spec in specs]
    return ChartOptions(metrics, AXES[x], smoothing, log, load)


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
