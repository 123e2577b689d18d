"""One run, watched: its state, its curves while they grow, its epochs, and what one can do to it."""

from contextlib import suppress
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core import figures, wording
from core.errors import Problem
from core.insight.comparison import Axis, Curve, curves
from core.models.families.vision import WEIGHTS_UNAVAILABLE
from core.runs import outcomes
from core.runs.lab import Lab
from core.runs.naming import file_name
from core.runs.store import EpochRow, Run, StepRow
from core.text import one_line
from pages.parts import csv, frame
from pages.parts.chart import live_chart
from pages.parts.numbers import step_rows
from pages.parts.plain import plain
from pages.parts.run_card import badges, message, progress_line, resume_button, subtitle, waits_for
from pages.parts.train import result

TICK = 1.0  # seconds between two looks at a run that trains
SOON = 0.3  # before its first numbers
LOOK = 2.0  # and at one that somebody may resume in another tab
MOST = 400  # points of a line that are sent at each tick: four panels stay below 100 kB
AXES: dict[str, Axis] = {"Epochs": "epoch", "Steps": "step", "Time": "seconds"}
MESSAGES = {"failed": (st.error, ":material/error:"), "finished": (st.info, ":material/info:")}
KIND_NOTE = (
    "**The dashed line is measured on the test set after every epoch,** because no validation images are held "
    "out. A model or an epoch chosen by this score is judged too kindly: the test images helped to choose."
)


@dataclass(frozen=True)
class View:
    """How a person wants to see the curves."""

    x: Axis
    smoothing: float
    log: bool


def live_run(run_id: str, lab: Lab) -> None:
    """Draw the run, and again every second while it trains. One flat fragment; another state is a
    full rerun. A run that stands still is drawn once, and only its state is looked at."""
    run = lab.run(run_id)
    colour = figures.colours(lab.store.ids())[run_id]
    pace = None if not run.active else TICK if step_rows(lab.store, run_id) else SOON
    st.fragment(watch, run_every=pace)(run_id, run.state, colour, pace, lab)
    if run.resumable:
        st.fragment(look, run_every=LOOK)(run_id, run.state, lab)


def look(run_id: str, was: str, lab: Lab) -> None:
    with suppress(Problem):  # deleted in another tab; the next drawing of the page says so
        if lab.run(run_id).state != was:
            st.rerun()


def watch(run_id: str, was: str, colour: str, pace: float | None, lab: Lab) -> None:
    try:
        run = lab.run(run_id)
    except Problem as error:  # deleted in another tab
        frame.say(error)
        return
    epochs = lab.store.epochs(run_id)
    steps = step_rows(lab.store, run_id)
    if run.state != was or (pace == SOON and steps):
        st.rerun()  # the whole page: it starts or stops the timer or changes its pace, and tells the state everywhere
    # The same boxes in the same order at every tick, so that the browser keeps each one, the chart above all.
    head, chart, numbers, table = st.container(), st.container(), st.container(), st.container()
    with head:
        headline(run, lab, steps)
        if run.state == "finished":
            result.card(run, lab)
    with chart:
        draw(run, epochs, steps, colour)
    with numbers:
        if epochs or run.active:
            key_numbers(run, epochs, steps)
    with table:
        epoch_table(run, epochs, steps)


def headline(run: Run, lab: Lab, steps: list[StepRow]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.name), anchor=False, width="content")
        badges(run)
    st.caption(subtitle(run))
    if run.active:
        step = f" · step {wording.count(steps[-1].step)}" if steps else ""
        waiting = run.state == "queued"
        st.progress(run.progress, text=waits_for(run, lab) if waiting else progress_line(run) + step)
        if waiting and (words := lab.executor.problem()):
            st.warning(plain(words), icon=":material/warning:")
    elif run.message:
        box, icon = MESSAGES.get(run.state, (st.warning, ":material/warning:"))
        box(message(run), icon=icon)
    buttons(run, lab)


def buttons(run: Run, lab: Lab) -> None:
    """What can be done in this state. Pause and cancel are wishes that the worker meets within a moment."""
    if run.state == "finished":
        return
    with st.container(horizontal=True):
        if run.active:
            asked = run.requested_action is not None
            if st.button("Pause", icon=":material/pause:", disabled=asked, key=f"pause-{run.id}"):
                act(lab.pause, run)
        if run.resumable:
            resume_button(run, lab, key=f"resume-{run.id}")
        if run.state == "failed" and run.code == WEIGHTS_UNAVAILABLE:
            start_with(run, lab, "Start from random weights", ":material/casino:", {"model.weights": "random"})
        if (
            run.state == "failed"
            and run.code == outcomes.OUT_OF_MEMORY
            and (half := run.config.training.batch_size // 2)
        ):
            words = f"Start with batches of {half}"
            start_with(run, lab, words, ":material/compress:", {"training.batch_size": half})
        if run.state != "failed" and run.state != "cancelled":
            help_ = "Stops for good. What it has learnt so far is kept."
            if st.button("Cancel", icon=":material/stop:", help=help_, key=f"cancel-{run.id}"):
                act(lab.cancel, run)


def start_with(run: Run, lab: Lab, words: str, icon: str, changes: dict[str, object]) -> None:
    """A button that starts the same run anew without what made it fail."""
    if st.button(words, icon=icon, key=f"{next(iter(changes))}-{run.id}"):
        with frame.problem():
            other = lab.submit(run.config.replace(changes))
            st.switch_page(frame.TRAIN, query_params={"run": other.id})


def act(what, run: Run) -> None:
    with frame.problem():
        what(run.id)
        st.rerun()


def key_numbers(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> None:
    """Best and last, and called so, with the counts behind them."""
    trained = [row for row in epochs if row.epoch]
    name = "test" if run.config.data.validation == 0 else "validation"
    shown = trained or epochs
    best = max(shown, key=lambda row: row.val_accuracy or 0, default=None)
    last = shown[-1] if shown else None
    boxes = [
        scored(f"Best {name} accuracy", best, "val"),
        scored(f"Last {name} accuracy", last, "val"),
        scored("Last training accuracy", trained[-1] if trained else None, "train"),
    ]
    spent = wording.duration(run.seconds) if run.seconds else wording.NONE
    rate = (run.summary or {}).get("images_per_second") or (steps[-1].images_per_second if steps else None)
    boxes.append(("Time trained", spent, wording.speed(rate) if rate else ""))
    with st.container(horizontal=True, key=f"numbers-{run.id}"):
        for label, value, below in boxes:
            st.metric(label, value, below or None, delta_color="off", delta_arrow="off", border=True)


def scored(label: str, row: EpochRow | None, part: str) -> tuple[str, str, str]:
    if row is None:
        return label, wording.NONE, ""
    counts = wording.of(getattr(row, f"{part}_correct"), getattr(row, f"{part}_total"))
    when = f"epoch {row.epoch}" if row.epoch else "untrained"
    return label, wording.percent(getattr(row, f"{part}_accuracy")), f"{counts}, {when}"


def draw(run: Run, epochs: list[EpochRow], steps: list[StepRow], colour: str) -> None:
    if not epochs and not steps:
        if run.active:
            st.caption("The curves appear here with the first numbers.")
        elif run.state == "finished":
            st.caption("These weights were loaded from a file, so there are no curves.")
        return
    view = choose_view(run)
    own = run.config.data.validation == 0
    panels: dict[str, list[Curve]] = {
        metric: curves(run, epochs, steps, metric, view.x, view.smoothing, MOST)
        for metric in ("loss", "accuracy", "lr", "images_per_second")
    }
    figure = figures.line_charts(
        panels,
        {run.id: colour},
        x=view.x,
        log=view.log,
        val_name="test set, after every epoch" if own else "validation",
    )
    live_chart(figure, one_line(spoken(run, epochs, steps)), key=f"curves-{run.id}")
    st.caption(f"Solid: training. Dashed: {'test set' if own else 'validation'}. A diamond marks the best epoch.")
    if own:
        st.info(KIND_NOTE, icon=":material/info:")


def choose_view(run: Run) -> View:
    with st.popover("View", icon=":material/tune:"):
        x = st.segmented_control("Across", list(AXES), default="Epochs", required=True, key=f"x-{run.id}")
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.99,
            0.0,
            0.01,
            key=f"smooth-{run.id}",
            help="Averages each point with those before it. The raw curve stays, faint. "
            "Too high: the curve lags behind what happens. Too low: noise hides the trend.",
        )
        log = st.toggle("Logarithmic loss and learning rate", key=f"log-{run.id}")
    return View(AXES[x], smoothing, log)


def spoken(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> str:
    """The chart's latest values, for those who cannot see it."""
    words = [f"Curves of {run.name}: loss, accuracy, learning rate and speed."]
    if steps:
        last = steps[-1]
        words.append(
            f"At epoch {last.epoch:.1f}: training loss {wording.loss(last.loss)}, training accuracy "
            f"{wording.percent(last.accuracy)}, learning rate {wording.rate(last.lr)}."
        )
    if epochs:
        row = epochs[-1]
        words.append(
            f"After epoch {row.epoch}: validation loss {wording.loss(row.val_loss)}, validation accuracy "
            f"{wording.percent(row.val_accuracy)}."
        )
    return " ".join(words)


def epoch_table(run: Run, epochs: list[EpochRow], steps: list[StepRow]) -> None:
    """Every epoch as a row; a click on a heading sorts."""
    if not epochs:
        return
    # Its rows are sent only while it is open: a tick's messages stay small late in a long run.
    box = st.expander("Epochs", icon=":material/table_rows:", on_change="rerun", key=f"epochs-{run.id}")
    if not box.open:
        return
    name = "Test" if run.config.data.validation == 0 else "Validation"
    with box:
        st.dataframe(
            epoch_frame(epochs, name).style.format(
                wording.count, subset=["Training right", f"{name} right"], na_rep=""
            ),
            hide_index=True,
            column_config=epoch_columns(name, epochs[-1]),
            placeholder="",
            alt="The numbers of every epoch.",
        )
        with st.container(horizontal=True):
            for what, rows in (("epochs", epochs), ("steps", steps)):
                csv.download(
                    lambda rows=rows: pd.DataFrame(rows),
                    f"{file_name(run.name, run.id)}-{what}.csv",
                    label=f"{what.capitalize()} as CSV",
                    key=f"csv-{what}-{run.id}",
                    index=False,
                )


def epoch_frame(epochs: list[EpochRow], name: str) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "Epoch": [row.epoch for row in epochs],
            "Training loss": [row.train_loss for row in epochs],
            "Training accuracy": [share(row.train_accuracy) for row in epochs],
            "Training right": [row.train_correct for row in epochs],
            f"{name} loss": [row.val_loss for row in epochs],
            f"{name} accuracy": [share(row.val_accuracy) for row in epochs],
            f"{name} right": [row.val_correct for row in epochs],
            "Learning rate": [row.lr for row in epochs],
            "Time": [row.seconds for row in epochs],
        }
    )
    return table.astype({"Training right": "Int64", f"{name} right": "Int64"})  # epoch 0 has none


def share(value: float | None) -> float | None:
    return None if value is None else 100 * value


def epoch_columns(name: str, last: EpochRow) -> dict:
    """How the columns look. Headings are short enough for all to stand side by side."""
    number = st.column_config.NumberColumn
    columns = {f"{part} loss": number(format="%.4g") for part in ("Training", name)}
    columns |= {f"{part} accuracy": number(format="%.2f %%") for part in ("Training", name)}
    for part, total in (("Training", last.train_total), (name, last.val_total)):
        columns[f"{part} right"] = number("Right", help=f"{part} images named rightly, of {wording.count(total)}.")
    return columns | {"Learning rate": number(format="%.3g"), "Time": number(format="%.1f s")}
