"""The curves of several runs over one another."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core import formatting
from core.charts.curves import LETTERS, alt_text, line_charts
from core.charts.style import SYMBOLS, Mark, run_marks
from core.datasets.source import DataSource
from core.insight.branches import branch_epochs
from core.insight.comparison import (
    Axis,
    chart_families,
    curves,
    default_smoothing,
    in_order,
    metrics_of,
    points_of_line,
)
from core.insight.difference import final_difference, final_scores, spread_words
from core.insight.seed_curves import mean_curves
from core.locale import _, translate
from core.runs.lab import Lab
from core.runs.seeds import group_name, grouped
from core.runs.store import EpochRow, Run
from core.sanitize import one_line
from core.training.metrics import DECISIVE, METRICS, logarithmic, spec_of
from core.training.metrics.spec import MetricSpec, Value
from pages.components import csv, frame, metric_column
from pages.components.chart import live_chart
from pages.components.linked_select import linked_pills, linked_select
from pages.components.markdown import escape_markdown
from pages.components.run_picker import run_names
from pages.components.spec_words import AXES, axis_title, images_title, metric_name
from pages.components.step_cache import step_rows

SEEDS_OF_A_LINE = 3  # of so many of the same settings the mean is drawn, unless a person says otherwise
REFRESH_INTERVAL_S = 2  # seconds between two drawings of runs that still train
MEASURED_ON = "Measured on"  # column of the file with the best and last values


def curves_tab(lab: Lab, runs: Sequence[Run]) -> None:
    """Controls and chart; while one of the runs trains the chart grows."""
    epochs = {run.id: lab.store.epochs(run.id) for run in runs}
    have = [spec for run in runs for spec in metrics_of(epochs[run.id], step_rows(lab.store, run.id))]
    families = chart_families(have)
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = linked_pills(
            _("Curves"),
            list(families),
            "metric",
            title=translate,
            default=[group for group, specs in families.items() if any(s.drawn_at_once and s.evaluated for s in specs)],
            label_visibility="collapsed",
        )
        with st.popover(_("View"), icon=":material/tune:", key="view-curves"):
            axis, smoothing, log, together = view_options(lab, runs)
    chosen = [spec for group, specs in families.items() if group in shown for spec in specs]
    if not chosen:
        st.info(_("Choose at least one kind of curve."), icon=":material/show_chart:")
        return
    busy = sum(run.active for run in runs)
    draw = st.fragment(curves_chart, run_every=REFRESH_INTERVAL_S if busy else None)
    draw(lab, [run.id for run in runs], busy, [spec.name for spec in chosen], axis, smoothing, log, together)
    best_values_table(runs, epochs, chosen)


def view_options(lab: Lab, runs: Sequence[Run]) -> tuple[Axis, float, bool, bool]:
    """The horizontal axis, how much is smoothed, whether axes are logarithmic, whether seeds are one line."""
    axis = AXES[linked_select(_("Horizontal axis"), list(AXES), "axis", title=axis_title)]
    smoothing = st.slider(
        _("Smoothing"),
        0.0,
        0.99,
        default_smoothing(len(step_rows(lab.store, run.id)) for run in runs),
        0.01,
        key="smoothing",
        bind="query-params",
        help=_(
            "Each point becomes a mean of those before it, near ones counting most. The raw curve stays "
            "faintly behind. Too much hides what happened, too little drowns it in noise."
        ),
    )
    log = st.toggle(_("Log scale"), key="log", bind="query-params", help=_("For {metrics}.", metrics=logarithmic()))
    groups = grouped(runs)
    together = len(groups) < len(runs) and st.toggle(
        _("Seeds as one line"),
        value=max(map(len, groups)) >= SEEDS_OF_A_LINE,
        key="together",
        bind="query-params",
        help=_(
            "Runs that differ in the seed alone become their mean, with a band of one standard deviation to either "
            "side. Training is then the mean of each epoch."
        ),
    )
    return axis, smoothing, log, together


@frame.show_problems()
def curves_chart(
    lab: Lab, ids: Sequence[str], busy: int, metrics: Sequence[str], axis: Axis, smoothing: float, log: bool,
    together: bool,
) -> None:  # fmt: skip
    runs = [lab.run(run) for run in ids]
    if sum(run.active for run in runs) != busy:
        st.rerun()  # the whole page: the table has new scores, and the timer may stop
    rows = {run.id: (lab.store.epochs(run.id), step_rows(lab.store, run.id)) for run in runs}
    since = branch_epochs(runs)
    most = points_of_line(len(runs))
    by_seeds = grouped(runs)
    groups = by_seeds if together else [[run] for run in runs]
    epochs = {run: of_epochs for run, (of_epochs, _steps) in rows.items()}
    panels = {
        metric: [
            curve
            for group in groups
            for curve in (
                mean_curves(group, epochs, metric, axis)
                if len(group) > 1
                else curves(group[0], *rows[group[0].id], metric, axis, smoothing, most, since[group[0].id])
            )
        ]
        for metric in metrics
    }
    if not any(panels.values()):
        there_are_none = _("There are no numbers: these runs ended before their first epoch.")
        st.caption(_("No numbers yet. They appear here with the first epoch.") if busy else there_are_none)
        return
    titles = run_names(runs) | {group[0].id: group_name(group) for group in groups if len(group) > 1}
    ids = [group[0].id for group in groups]
    marks = run_marks(ids, lab.store.ids())
    colours = {run: mark.colour for run, mark in marks.items()}
    symbols = {run: mark.symbol for run, mark in marks.items()}
    letters = dict(zip(ids, LETTERS, strict=False))
    figure = line_charts(panels, colours, x=axis, log=log, symbols=symbols, letters=letters)
    legend({run: titles[run] for run in ids}, letters, marks)
    live_chart(figure, one_line(alt_text(panels)), key="overlaid")
    st.caption(
        _(
            "Solid: training. Dashed: {split}. A diamond marks the best point of each chart, a letter the run. Drag to "
            "zoom, double-click to see all; on a touch screen, the buttons at the top do both.",
            split=measured_words(runs),
        )
    )
    if smoothing:
        st.caption(
            _("Training is smoothed by {smoothing:.2f}, see View; the raw lines are faint.", smoothing=smoothing)
        )
    several = [group for group in groups if len(group) > 1]
    if several:
        st.caption(_("A band: one standard deviation to either side of the mean of these seeds."))
    for group in several:
        if found := final_scores(group):
            st.caption(escape_markdown(_("Test accuracy of {words}", words=spread_words(group, found))))
    same_images = len({DataSource.of(run.config.data) for run in runs}) == 1
    if len(by_seeds) == 2 and same_images and (told := final_difference(*by_seeds)):
        st.caption(escape_markdown(_("B compared with A. {words}", words=told) if len(runs) == 2 else told))
    if joined := [run for run in runs if since[run.id] and run.origin]:
        names = run_names(runs)
        words = (
            _("{run} from epoch {epoch} on", run=f"{letters[run.id]}, {names[run.id]},", epoch=since[run.id])
            for run in joined
        )
        st.caption(
            escape_markdown(
                _("Drawn where they part from the run that they go on from: {runs}.", runs="; ".join(words))
            )
        )


def legend(names: Mapping[str, str], letters: dict[str, str], marks: dict[str, Mark]) -> None:
    """Letter, colour, symbol and name of every line, by run id; it wraps on a narrow screen instead of covering the
    curves."""
    st.html(
        '<div style="display: flex; flex-wrap: wrap; gap: 0.1rem 1.25rem; font-size: 0.875rem">'
        + "".join(
            '<span style="min-width: 0; overflow-wrap: anywhere"><span aria-hidden="true" '
            'style="display: inline-block; width: 1.4rem; height: 0.35rem; '
            f'border-radius: 2px; vertical-align: middle; background: {marks[run].colour}"></span> '
            + symbol_html(marks[run])
            + f"<b>{letters[run]}</b> {escape(name)}</span>"
            for run, name in names.items()
        )
        + "</div>"
    )


def symbol_html(mark: Mark) -> str:
    """The symbol that stands on the lines of a run whose colour another one has, too."""
    if mark.symbol is None:
        return ""
    return f'<span aria-hidden="true" style="color: {mark.colour}">{SYMBOLS[mark.symbol]}</span> '


def measured_words(runs: Sequence[Run]) -> str:
    """The images that the dashed lines were measured on, in a word."""
    parts = {run.config.data.measured_on for run in runs}
    if len(parts) > 1:
        return _("validation or test")
    return _("test") if "test" in parts else _("validation")


def best_values_table(
    runs: Sequence[Run], epochs: Mapping[str, Sequence[EpochRow]], chosen: Sequence[MetricSpec]
) -> None:
    """The best and the last value of each run in numbers: of what every evaluation has, and of what is drawn."""
    always = [spec for spec in METRICS.entries.values() if spec.in_score]
    names = in_order(spec.name for spec in (*always, *chosen) if spec.evaluated)
    specs = [spec_of(name) for name in sorted(names, key=lambda name: name != DECISIVE)]
    lines: list[dict[str, Any]] = []
    run_titles = run_names(runs)
    for run in runs:
        judged = [row for row in epochs[run.id] if row.epoch and row[f"val_{DECISIVE}"] is not None]
        if judged:
            line: dict[str, Any] = {"Run": run_titles[run.id]}
            for spec in specs:
                line |= best_and_last_values(spec, judged)
            lines.append(line | {MEASURED_ON: run.config.data.measured_on})
    if not lines:
        return
    table = pd.DataFrame(lines)  # its headings are those of the file
    found = {key: (spec, title) for spec in specs for key, title in best_and_last_titles(spec).items()}
    writes: dict[Any, str | Callable[[object], str] | None] = {  # as general as pandas' types require
        key: metric_column.cell_format(spec.write) for key, (spec, _title) in found.items() if key != "In epoch"
    }
    writes[MEASURED_ON] = metric_column.cell_format(images_title)
    headings: dict[str, ColumnConfig | str] = {"Run": st.column_config.TextColumn(_("Run"), width="medium")}
    headings |= {key: title for key, (_spec, title) in found.items()} | {MEASURED_ON: _("On")}
    st.dataframe(
        table.style.format(writes, na_rep=formatting.NONE),  # it still sorts by the numbers
        hide_index=True,
        width="stretch",
        column_config=headings,
        alt=_("Best and last value of each run: {metrics}", metrics=", ".join(metric_name(spec) for spec in specs)),
    )
    csv.download_button(lambda: table, "best-and-last.csv", key="csv-best", index=False)


def best_and_last_values(spec: MetricSpec, rows: Sequence[EpochRow]) -> dict[str, Value]:
    """By the heading in the file; for the metric that decides, the epoch, too."""
    known = {row.epoch: value for row in rows if (value := row[f"val_{spec.name}"]) is not None}
    best = spec.best(list(known.values())) if known else None
    epoch = next((epoch for epoch, value in known.items() if value == best), None)
    values = [best, *([epoch] if spec.name == DECISIVE else []), next(reversed(known.values()), None)]
    return dict(zip(best_and_last_titles(spec), values, strict=True))


def best_and_last_titles(spec: MetricSpec) -> dict[str, str]:
    """The heading in the file → the words on the page."""
    metric = metric_name(spec)
    if spec.direction == "lower":
        best = {f"Lowest {spec.in_sentence}": _("Lowest {metric}", metric=metric)}
    else:
        best = {f"Best {spec.in_sentence}": _("Best {metric}", metric=metric)}
    epoch = {"In epoch": _("In epoch")} if spec.name == DECISIVE else {}
    return best | epoch | {f"Last {spec.in_sentence}": _("Last {metric}", metric=metric)}
