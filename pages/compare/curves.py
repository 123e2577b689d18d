"""The curves of several runs over one another."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import product
from string import ascii_uppercase
from typing import Any

import pandas as pd
import streamlit as st

from core import formatting
from core.charts.curves import PARTS, lettered, line_charts
from core.charts.style import run_colours
from core.insight.comparison import Axis, Curve, chart_families, curves, in_order, metrics_of
from core.runs.lab import Lab
from core.runs.store import EpochRow, Run
from core.sanitize import one_line
from core.training.metrics import DECISIVE, METRICS, logarithmic
from core.training.metrics import described as spec_of
from core.training.metrics.spec import MetricSpec, Value
from pages.components import csv, frame, metric_column
from pages.components.chart import live_chart
from pages.components.linked_select import linked_select
from pages.components.run_picker import run_names
from pages.components.step_cache import step_rows

AXES: dict[str, Axis] = {"Epochs": "epoch", "Steps": "step", "Time": "seconds"}
LETTERS = ["".join(pair) for pair in product(["", *ascii_uppercase], ascii_uppercase)]  # A to Z, AA to ZZ
REFRESH_INTERVAL_S = 2  # seconds between two drawings of runs that still train
MAX_POINTS_IN_PANEL = 8000  # of all lines of a panel together; what is more than a screen can show takes time
MAX_POINTS, MIN_POINTS = 500, 300  # points of one line: a panel is some 600 pixels wide
MIN_POINTS_TO_SMOOTH = 200  # points from which on a curve is smoothed by default


def curves_tab(lab: Lab, runs: Sequence[Run]) -> None:
    """Controls and chart; while one of the runs trains the chart grows."""
    epochs = {run.id: lab.store.epochs(run.id) for run in runs}
    have = [spec for run in runs for spec in metrics_of(epochs[run.id], step_rows(lab.store, run.id))]
    families = chart_families(have)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.pills(
            "Curves",
            list(families),
            selection_mode="multi",
            default=[group for group, specs in families.items() if any(s.drawn_at_once and s.evaluated for s in specs)],
            key="metric",
            bind="query-params",
        )
        axis = linked_select("Across", list(AXES), "axis", default="Epochs")
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.99,
            0.6 if any(len(step_rows(lab.store, run.id)) > MIN_POINTS_TO_SMOOTH for run in runs) else 0.0,
            0.01,
            key="smoothing",
            bind="query-params",
            width=170,
            help="Each point becomes a mean of those before it, near ones counting most. The raw curve stays "
            "faintly behind. Too much hides what happened, too little drowns it in noise.",
        )
        log = st.toggle("Log scale", key="log", bind="query-params", help=f"For {logarithmic()}.")
    chosen = [spec for group, specs in families.items() if group in shown for spec in specs]
    if not chosen:
        st.info("Choose at least one kind of curve.", icon=":material/show_chart:")
        return
    busy = sum(run.active for run in runs)
    draw = st.fragment(curves_chart, run_every=REFRESH_INTERVAL_S if busy else None)
    draw(lab, [run.id for run in runs], busy, [spec.name for spec in chosen], AXES[axis], smoothing, log)
    best_values_table(runs, epochs, chosen)


@frame.show_problems()
def curves_chart(
    lab: Lab, ids: Sequence[str], busy: int, metrics: Sequence[str], axis: Axis, smoothing: float, log: bool
) -> None:
    runs = [lab.run(run) for run in ids]
    if sum(run.active for run in runs) != busy:
        st.rerun()  # the whole page: the table has new scores, and the timer may stop
    rows = {run.id: (lab.store.epochs(run.id), step_rows(lab.store, run.id)) for run in runs}
    most = min(MAX_POINTS, max(MIN_POINTS, MAX_POINTS_IN_PANEL // len(runs)))
    panels = {
        metric: [curve for run in runs for curve in curves(run, *rows[run.id], metric, axis, smoothing, most)]
        for metric in metrics
    }
    if not any(panels.values()):
        st.caption("No numbers yet. They appear here with the first epoch.")
        return
    colours = run_colours(lab.store.ids())
    letters = dict(zip(ids, LETTERS, strict=False))
    figure = line_charts(panels, colours, x=axis, log=log, val_name=measured_on(runs))
    legend(runs, letters, colours)
    figure = lettered(figure, panels, letters)
    live_chart(figure, one_line(chart_alt_text(panels)), key="overlaid")
    st.caption(
        f"Solid: training. Dashed: {measured_on(runs)}. A diamond marks the best point, a letter the run. "
        "Drag to zoom, double-click to see all; on a touch screen, the buttons at the top do both."
    )


def legend(runs: Sequence[Run], letters: dict[str, str], colours: dict[str, str]) -> None:
    """Letter, colour and name of every run; it wraps on a narrow screen instead of covering the curves."""
    names = run_names(runs)
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
    if len(held_out) > 1:
        return "validation or test"
    return "validation" if True in held_out else "test"


def chart_alt_text(panels: dict[str, list[Curve]]) -> str:
    """The newest value of every curve, for those who do not see the chart."""
    words = []
    for metric, drawn in panels.items():
        for curve in drawn:
            spec = spec_of(metric)
            part = f" {PARTS[curve.part]}" if spec.evaluated else ""
            words.append(f"{curve.name},{part} {spec.in_sentence} now {spec.write(curve.y[-1])}")
    return "Curves. " + "; ".join(words)


def best_values_table(
    runs: Sequence[Run], epochs: Mapping[str, Sequence[EpochRow]], chosen: Sequence[MetricSpec]
) -> None:
    """The best and the last value of each run in numbers: of what every evaluation has, and of what is drawn."""
    always = [spec for spec in METRICS.entries.values() if spec.in_score]
    names = in_order(spec.name for spec in (*always, *chosen) if spec.evaluated)
    specs = [spec_of(name) for name in sorted(names, key=lambda name: name != DECISIVE)]
    lines, titles = [], run_names(runs)
    for run in runs:
        judged = [row for row in epochs[run.id] if row.epoch and row[f"val_{DECISIVE}"] is not None]
        if judged:
            values = [best_and_last_values(spec, judged) for spec in specs]
            lines.append({"Run": titles[run.id]} | {title: value for part in values for title, value in part.items()})
    if lines:
        table = pd.DataFrame(lines)
        words: dict[Any, str | Callable[[object], str] | None] = {  # as wide as pandas' types want it
            title: metric_column.cell_format(spec.write)
            for spec in specs
            for title in map(str, table.columns)
            if title.endswith(f" {spec.in_sentence}")
        }
        st.dataframe(
            table.style.format(words, na_rep=formatting.NONE),  # it still sorts by the numbers
            hide_index=True,
            width="stretch",
            column_config={"Run": st.column_config.TextColumn(width="medium")},
            alt=f"Best and last value of each run: {', '.join(spec.in_sentence for spec in specs)}",
        )
        csv.download_button(lambda: table, "best-and-last.csv", key="csv-best", index=False)


def best_and_last_values(spec: MetricSpec, rows: Sequence[EpochRow]) -> dict[str, Value]:
    """By the title of the column; for the metric that decides, the epoch, too."""
    known = {row.epoch: value for row in rows if (value := row[f"val_{spec.name}"]) is not None}
    best = spec.best(list(known.values())) if known else None
    columns = {f"{'Lowest' if spec.direction == 'lower' else 'Best'} {spec.in_sentence}": best}
    if spec.name == DECISIVE:
        columns["In epoch"] = next(epoch for epoch, value in known.items() if value == best)
    return columns | {f"Last {spec.in_sentence}": next(reversed(known.values()), None)}
