"""The table of runs: filtered, sorted and ticked."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core import formatting
from core.insight.comparison import Filter, group_rows, run_columns, tested
from core.locale import _, ngettext, translate
from core.runs.naming import data_title, model_title
from core.runs.seeds import grouped
from core.runs.store import UNREADABLE, Run
from core.sanitize import one_line
from core.training.metrics import DECISIVE, METRICS, spec_of
from core.training.metrics.spec import MetricSpec
from pages.compare.chosen_runs import Control
from pages.components import csv, metric_column, spec_words
from pages.components.linked_select import linked_multiselect
from pages.components.run_card import AGAIN_ICON, again_params, state_text
from pages.components.run_picker import NAME_IN_LINK, run_link

DECISIVE_COLUMNS = ("best", "last", "test")  # of the metric that decides
ROW_HEIGHT_PX, HEADER_PX = 30, 36  # pixels of height of a row, and of the headings
NARROW_NUMBER_PX = 78  # pixels of the columns of the score and the rate on a telephone, which then are in sight
NARROW_NAME_PX, MAX_NAME_PX = 160, 380  # pixels of the column of names: on a telephone, and at most
CHARACTER_PX, CELL_MARGIN_PX = 8, 10  # pixels of width of a letter, at most on average, and left and right of a text
SEARCH_PX, NARROW_SEARCH_PX = 200, 130  # pixels of the search field; on a telephone two others stand beside it
TITLE_END = re.compile(r" · |, (?=seed |forked |to )")  # in a name, what it began with and then what was changed of it
MAX_ROWS = 8  # rows in sight without scrolling in the table: of as many runs the curves below are in sight, too
MAX_ROWS_OF_WHOLE = 200  # of more, a browser has to keep too large a canvas


@dataclass(frozen=True)
class TableOptions:
    """How a person wants the table: `columns` beside the name (none: all), `together` where runs that differ in the
    seed alone are one row, `whole` where all of its rows are in sight."""

    columns: Sequence[str]
    together: bool
    whole: bool


def run_filter(runs: Sequence[Run], *, narrow: bool) -> Filter:
    """A search field, and a popover with the choices that the runs offer."""
    text = st.text_input(
        _("Search"), key="search", bind="query-params", width=NARROW_SEARCH_PX if narrow else SEARCH_PX,
        placeholder=_("Search") if narrow else _("Name, tag or note"), label_visibility="collapsed",
    )  # fmt: skip
    with st.popover(_("Filter"), icon=":material/filter_list:", key="filter"):
        states: dict[str, str] = {run.state: formatting.state(run.state) for run in runs}
        sets = {run.config.data.path or run.config.data.name: data_title(run.config) for run in runs}
        models = {run.config.model.name: model_title(run.config) for run in runs}
        tags = {tag: tag for run in runs for tag in run.tags}
        chosen_states = filter_multiselect(_("State"), states, "state")
        chosen_sets = filter_multiselect(_("Data set"), sets, "set")
        chosen_models = filter_multiselect(_("Model"), models, "model")
        chosen_tags = filter_multiselect(_("Tag"), tags, "tag")
    data, kinds = [sets[name] for name in chosen_sets], [models[name] for name in chosen_models]
    return Filter(chosen_states, data, kinds, chosen_tags, text or "")


def filter_multiselect(label: str, titles: Mapping[str, str], key: str) -> list[str]:
    """Any of the values that occur, by their words; no box where there is none."""
    if not titles:
        return []
    options = sorted(titles, key=lambda name: titles[name])
    return linked_multiselect(label, options, key, title=lambda name: titles.get(name, name), placeholder=_("All"))


def table_options(table: pd.DataFrame, runs: Sequence[Run]) -> TableOptions:
    """A popover with how the table looks, remembered in the link, and the table as a file."""
    titles = run_columns(tested(run.summary for run in runs if run.summary))
    del titles["name"]
    with st.popover(_("Table"), icon=":material/view_column:", key="column-choice"):
        columns = linked_multiselect(
            _("Columns"), list(titles), "columns", title=lambda name: titles.get(name, name), placeholder=_("All")
        )
        together = any(len(group) > 1 for group in grouped(runs)) and st.toggle(
            _("Seeds as one row"), key="seed_rows", bind="query-params",
            help=_("Runs that differ in the seed alone become one row with the means of their scores."),
        )  # fmt: skip
        whole = len(runs) > MAX_ROWS and st.toggle(
            _("All rows in sight"), key="all_rows", bind="query-params",
            help=_("The table becomes as high as it has runs; the curves then stand below it."),
        )  # fmt: skip
        download_runs(table, runs)
    return TableOptions(columns, together, whole)


def runs_table(
    table: pd.DataFrame,
    runs: Sequence[Run],
    chosen: list[str],
    options: TableOptions,
    *,
    narrow: bool,
) -> None:
    """Show the `table` of `runs`, the chosen ones ticked; a click ticks another. A row of several runs is ticked once
    all of them are chosen."""
    groups = grouped(runs) if options.together else [[run] for run in runs]
    if options.together:
        table = group_rows(table, groups)
    rows = [[run.id for run in group] for group in groups]
    words: dict[str, Callable[[str], str]] = {
        "data": one_line, "tags": one_line, "measured_on": spec_words.images_title,
    }  # fmt: skip
    measured = metric_columns(table)
    firsts, width = [group[0] for group in groups], name_width(table["name"], narrow=narrow)
    names = fitting_names([one_line(name) for name in table["name"]], width)
    states = [", ".join(dict.fromkeys(map(state_text, group))) for group in groups]
    shown = table.assign(
        name=[run_link(run.id, name) for run, name in zip(firsts, names, strict=True)],
        again=[f"Train?{urlencode(again_params(run))}" if run.code != UNREADABLE else "" for run in firsts],
        **{column: [read(value) for value in table[column]] for column, read in words.items()},
        state=states,
        **{column: metric_column.scale(spec) * table[column] for column, spec in measured.items()},
    )
    if options.together:
        shown["deviation"] *= 100
    control = Control(
        "table-of-groups" if options.together else "table", [run for row in rows for run in row], chosen,
        lambda: ticked_runs(control.key, rows),
    )  # fmt: skip
    st.dataframe(
        shown.reset_index(drop=True),
        key=control.key,
        width="stretch",
        height=table_height(len(rows), whole=options.whole),
        row_height=ROW_HEIGHT_PX,
        hide_index=True,
        placeholder=formatting.NONE,
        column_config=column_config(measured, width, text_width(states), measured_titles(firsts), narrow=narrow),
        column_order=column_order(options.columns or list(map(str, table.columns.drop("name"))), narrow=narrow),
        on_select=control.changed,
        selection_mode="multi-row",
        selection_default={
            "selection": {"rows": [place for place, row in enumerate(rows) if set(row) <= set(control.here)]}
        },
        alt=ngettext(
            "Table of {n:count} run, one a row. “Compared” above it chooses what is compared.",
            "Table of {n:count} runs, one a row. “Compared” above it chooses what is compared.",
            len(rows),
        ),
    )


def text_width(texts: Iterable[str]) -> int:
    """Pixels of a column in which the longest of these is in sight."""
    return CHARACTER_PX * max(map(len, texts), default=0) + 2 * CELL_MARGIN_PX


def name_width(names: Iterable[str], *, narrow: bool) -> int:
    """Pixels of the column of names: as many as the longest one needs, where there is room."""
    return NARROW_NAME_PX if narrow else min(max(text_width(names), NARROW_NAME_PX), MAX_NAME_PX)


def fitting_names(names: Sequence[str], width: int) -> list[str]:
    """Of names too long for their column what tells them apart, without what they began with: `… Epochs 5`."""
    parts = [TITLE_END.split(name, maxsplit=1) if text_width([name]) > width else [name] for name in names]
    return [name if len(split) == 1 else f"… {split[1]}" for name, split in zip(names, parts, strict=True)]


def column_order(columns: Sequence[str], *, narrow: bool) -> list[str]:
    """The name comes first. The way to a run like it stands beside it, where a score is not more urgent."""
    return ["name", *columns, "again"] if narrow else ["name", "again", *columns]


def table_height(rows: int, *, whole: bool = False) -> int:
    """Pixels; half a row in sight says that there are more below."""
    most = MAX_ROWS_OF_WHOLE if whole else MAX_ROWS
    return int(HEADER_PX + ROW_HEIGHT_PX * (rows if rows <= most else most + 0.5)) + 2


def ticked_runs(key: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """The runs of the ticked rows; a row that is not there is no run."""
    ticked = st.session_state[key].selection.rows
    return [run for row in ticked if isinstance(row, int) and 0 <= row < len(rows) for run in rows[row]]


def metric_columns(table: pd.DataFrame) -> dict[str, MetricSpec]:
    """Column → the metric in it: those of the decisive one, and what else the test images gave."""
    tests = [name for name in map(str, table.columns) if name.startswith("test_")]
    more = {name: spec_of(name.removeprefix("test_")) for name in tests}
    return dict.fromkeys(DECISIVE_COLUMNS, METRICS[DECISIVE]) | more


def column_config(
    measured: Mapping[str, MetricSpec], name_px: int, state_px: int, own_titles: dict[str, str], *, narrow: bool
) -> dict[str, ColumnConfig]:
    """How each column is written; all of them sort by their value, not by their text."""
    number = st.column_config.NumberColumn
    titles = run_columns(name.removeprefix("test_") for name in measured if name not in DECISIVE_COLUMNS) | own_titles
    columns: dict[str, ColumnConfig] = {
        **{name: st.column_config.TextColumn(title) for name, title in titles.items()},
        "name": st.column_config.LinkColumn(
            titles["name"],
            pinned=True,
            width=name_px,
            alignment="left",
            display_text=NAME_IN_LINK,
            help=_("A click on a name opens the run in a new tab."),
        ),
        "again": st.column_config.LinkColumn(
            _("Again"),
            display_text=AGAIN_ICON,
            help=_("Again with one change: opens the form with the settings of this run in a new tab."),
        ),
        "state": st.column_config.TextColumn(titles["state"], width=state_px),
        "measured_on": st.column_config.TextColumn(titles["measured_on"], help=measured_on_help()),
        "epochs": number(titles["epochs"], format="%d"),
        "batch_size": number(titles["batch_size"], format="%d"),
        "seed": number(titles["seed"], format="%d"),
        "seeds": number(_("Seeds"), format="%d"),
        "deviation": number(
            _("± points"), format="%.2f", help=_("The sample standard deviation of the test score over the seeds.")
        ),
        "lr": number(titles["lr"], format="%.3g"),
        **{
            name: metric_column.number_column(spec, titles[name], column_help(name, spec))
            for name, spec in measured.items()
        },
        "seconds": number(_("Time in s"), format="%.1f", help=titles["seconds"]),
        "speed": number(titles["speed"], format="%.0f"),
        "created": st.column_config.DatetimeColumn(titles["created"], format="D MMM YYYY, HH:mm"),
    }
    if narrow:
        columns["test"] |= {"label": _("Test"), "width": NARROW_NUMBER_PX}
        columns["lr"] |= {"label": _("Rate"), "width": NARROW_NUMBER_PX}
    return columns


def measured_titles(runs: Sequence[Run]) -> dict[str, str]:
    """What the best and the last score are called where all runs were measured on the same part after every epoch."""
    parts = {run.config.data.measured_on for run in runs}
    if parts == {"val"}:
        return {"best": _("Best validation"), "last": _("Last validation")}
    return {"best": _("Best test"), "last": _("Last test")} if parts == {"test"} else {}


def measured_on_help() -> str:
    return _(
        "What a run was measured on after every epoch: validation images, or the test images where none were held back."
    )


def column_help(name: str, spec: MetricSpec) -> str:
    """The "?" of a column of that metric."""
    metric = spec_words.metric_name(spec)
    if name == "best":
        return _("The best {metric} after any epoch, on the images that the run was measured on then.", metric=metric)
    if name == "last":
        return _("The {metric} after the last epoch, on the images that the run was measured on then.", metric=metric)
    if name == "test":
        return _("The {metric} of the last weights on the test images.", metric=metric)
    title, about = translate(spec.title), translate(spec.help)
    return _("{metric} of the last weights on the test images. {about}", metric=title, about=about)


def download_runs(table: pd.DataFrame, runs: Sequence[Run]) -> None:
    """The same rows with every setting, as CSV."""
    settings = pd.DataFrame([run.config.flat() for run in runs], index=table.index)
    csv.download_button(lambda: table.join(settings), "runs.csv", key="csv-runs", index_label="id")
