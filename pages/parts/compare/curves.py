"""The curves of several runs over one another."""

from collections.abc import Sequence
from html import escape
from itertools import product
from string import ascii_uppercase

import pandas as pd
import streamlit as st

from core import figures, wording
from core.insight.comparison import Axis, Curve, Metric, curves
from core.runs.lab import Lab
from core.runs.store import EpochRow, Run
from core.text import one_line
from pages.parts import csv, frame
from pages.parts.chart import live_chart
from pages.parts.numbers import step_rows
from pages.parts.pick import pick
from pages.parts.predict.run_picker import short_titles

METRICS = {
    "Loss": "loss",
    "Accuracy": "accuracy",
    "Learning rate": "lr",
    "Speed": "images_per_second",
}
AXES: dict[str, Axis] = {"Epochs": "epoch", "Steps": "step", "Time": "seconds"}
LETTERS = ["".join(pair) for pair in product(["", *ascii_uppercase], ascii_uppercase)]  # A to Z, AA to ZZ
EVERY = 2  # seconds between two looks at runs that still train
POINTS = 8000  # of all lines of a panel together; what is more than a screen can show takes time
MOST, FEWEST = 500, 300  # points of one line: a panel is some 600 pixels wide
LONG = 200  # points from which on a curve is smoothed by default


def overlaid(lab: Lab, runs: Sequence[Run]) -> None:
    """Controls and chart; while one of the runs trains the chart grows."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.pills(
            "Curves",
            list(METRICS),
            selection_mode="multi",
            default=["Loss", "Accuracy"],
            key="metric",
            bind="query-params",
        )
        axis = pick("Across", list(AXES), "axis", default="Epochs")
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.99,
            0.6 if any(len(step_rows(lab.store, run.id)) > LONG for run in runs) else 0.0,
            0.01,
            key="smoothing",
            bind="query-params",
            width=170,
            help="Each point becomes a mean of those before it, near ones counting most. The raw curve stays "
            "faintly behind. Too much hides what happened, too little drowns it in noise.",
        )
        log = st.toggle("Log scale", key="log", bind="query-params", help="For loss and learning rate.")
    metrics = [METRICS[title] for title in METRICS if title in shown]
    if not metrics:
        st.info("Choose at least one kind of curve.", icon=":material/show_chart:")
        return
    busy = sum(run.active for run in runs)
    draw = st.fragment(chart, run_every=EVERY if busy else None)
    draw(lab, [run.id for run in runs], busy, metrics, AXES[axis], smoothing, log)
    best_values(lab, runs)


@frame.problem()
def chart(
    lab: Lab, ids: Sequence[str], busy: int, metrics: Sequence[Metric], axis: Axis, smoothing: float, log: bool
) -> None:
    runs = [lab.run(run) for run in ids]
    if sum(run.active for run in runs) != busy:
        st.rerun()  # the whole page: the table has new scores, and the timer may stop
    rows = {run.id: (lab.store.epochs(run.id), step_rows(lab.store, run.id)) for run in runs}
    most = min(MOST, max(FEWEST, POINTS // len(runs)))
    panels = {
        metric: [curve for run in runs for curve in curves(run, *rows[run.id], metric, axis, smoothing, most)]
        for metric in metrics
    }
    if not any(panels.values()):
        st.caption("No numbers yet. They appear here with the first epoch.")
        return
    colours = figures.colours(lab.store.ids())
    letters = dict(zip(ids, LETTERS, strict=False))
    figure = figures.line_charts(panels, colours, x=axis, log=log, val_name=measured_on(runs))
    legend(runs, letters, colours)
    figure = figures.lettered(figure, panels, letters)
    live_chart(figure, one_line(described(panels)), key="overlaid")
    st.caption(
        f"Solid: training. Dashed: {measured_on(runs)}. A diamond marks the best point, a letter the run. "
        "Drag to zoom, double-click to see all."
    )


def legend(runs: Sequence[Run], letters: dict[str, str], colours: dict[str, str]) -> None:
    """Letter, colour and name of every run; it wraps on a narrow screen instead of covering the curves."""
    names = short_titles(runs)
    st.html(
        '<div style="display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem">'
        + "".join(
            '<span style="min-width: 0; overflow-wrap: anywhere"><span aria-hidden="true" '
            'style="display: inline-block; width: 1.4rem; height: 0.35rem; '
            f'border-radius: 2px; vertical-align: middle; background: {colours[run.id]}"></span> '
            f"<b>{letters[run.id]}</b> {escape(names[run.id])}</span>"
            for run in runs
        )
        + "</div>"
    )


def measured_on(runs: Sequence[Run]) -> str:
    """What the dashed lines were measured on, in a word."""
    held_out = {bool(run.config.data.validation) for run in runs}
    return {(True,): "validation", (False,): "test"}.get(tuple(held_out), "validation or test")


def described(panels: dict[str, list[Curve]]) -> str:
    """The newest value of every curve, for those who do not see the chart."""
    words = []
    for metric, drawn in panels.items():
        for curve in drawn:
            part = "" if metric in ("lr", "images_per_second") else f" {figures.PARTS[curve.part]}"
            words.append(f"{curve.name},{part} {metric.replace('_', ' ')} now {curve.y[-1]:.4g}")
    return "Curves. " + "; ".join(words)


def best_values(lab: Lab, runs: Sequence[Run]) -> None:
    """Best and last accuracy of each run in words, with the epoch of the best."""
    lines, names = [], short_titles(runs)
    for run in runs:
        judged = [row for row in lab.store.epochs(run.id) if row.epoch and row.val_accuracy is not None]
        if judged:
            lines.append((names[run.id], *best_and_last(judged)))
    if lines:
        names = ("Run", "Best accuracy", "In epoch", "Last accuracy", "Lowest loss", "Last loss")
        table = pd.DataFrame(lines, columns=names)
        words = dict.fromkeys(names[1:4:2], wording.percent) | dict.fromkeys(names[4:], wording.loss)
        st.dataframe(
            table.style.format(words),  # it still sorts by the numbers
            hide_index=True,
            width="stretch",
            column_config={"Run": st.column_config.TextColumn(width="medium")},
            alt="Best and last accuracy and loss of each run",
        )
        csv.download(lambda: table, "best-and-last.csv", key="csv-best", index=False)


def best_and_last(rows: Sequence[EpochRow]) -> tuple[float | None, int, float | None, float | None, float | None]:
    best = max(rows, key=lambda row: row.val_accuracy or 0)
    losses = [row.val_loss for row in rows if row.val_loss is not None]
    return (
        best.val_accuracy,
        best.epoch,
        rows[-1].val_accuracy,
        min(losses, default=None),
        losses[-1] if losses else None,
    )
