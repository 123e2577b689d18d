"""What several runs confuse: their confusion matrices side by side, and figures for each class."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core import formatting
from core.charts.confusion import MAX_CLASSES_IN_MATRIX, confusion_matrix
from core.datasets.source import DataSource
from core.errors import Problem
from core.insight.comparison import class_table
from core.insight.image_names import split_title
from core.locale import _, ngettext
from core.prepared.prepare import require
from core.runs.lab import Lab
from core.runs.seeds import MORE_SEEDS, group_key, grouped
from core.runs.store import ACTIVE, Run
from core.sanitize import one_line
from core.training.metrics import metrics_in_words
from pages.components import csv, frame, metric_column
from pages.components.linked_select import linked_select
from pages.components.markdown import escape_markdown
from pages.components.model_cache import loading_text
from pages.components.page_list import INSPECT
from pages.components.run_picker import MAX_RUNS_SIDE_BY_SIDE, run_names
from pages.components.score_notes import show_score_notes, with_data_doubts
from pages.components.theme import page_background

if TYPE_CHECKING:
    from core.insight.class_figures import ClassFigures
    from core.insight.evaluation import Evaluation
    from core.insight.image_answers import ImageAnswers

SPLITS = ("test", "val", "train")
COUNTS, SHARES = "counts", "shares"  # in the cells of a matrix
EVALUATED = "evaluated"  # in the session: what was asked for, so that it stays visible


def cells_title(cells: str) -> str:
    return _("Share of the row") if cells == SHARES else _("Counts")


def confusion_tab(lab: Lab, runs: Sequence[Run]) -> None:
    """On demand, as evaluating takes a while: a button, then the matrices and the table."""
    ready = [run for run in runs if lab.files.has_checkpoint(run.id)]
    if not ready:
        st.info(_("None of these runs has been saved yet. Runs save after every epoch."), icon=":material/hourglass:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        held_out = any(run.config.data.measured_on == "val" for run in ready)
        splits = [split for split in SPLITS if split != "val" or held_out]
        split = linked_select(_("Images of"), splits, "confusion_split", title=split_title)
        cells = linked_select(_("Cells"), [COUNTS, SHARES], "cells", title=cells_title)
        asked = {f"{split} {run.id} {lab.files.checkpoint_version(run.id)}" for run in ready}
        known: set[str] = st.session_state.setdefault(EVALUATED, set())
        if st.button(_("Evaluate"), type="primary", icon=":material/calculate:"):
            known |= asked
        there = {"run": ",".join(run.id for run in ready[:MAX_RUNS_SIDE_BY_SIDE])}
        st.page_link(INSPECT.file, label=_("Look inside these runs"), icon=INSPECT.icon, query_params=there)
    if not asked <= known:
        st.caption(_("Every image is shown to every chosen model. It takes seconds, and minutes for large ones."))
        return
    results = evaluate_runs(lab, ready, split)
    if not results:
        return
    names = run_names(ready)
    differences_section(lab, [run for run in ready if run.id in results], split)
    shown = list(results.items())
    for start in range(0, len(shown), 2):  # rows of two keep their order where columns stack, on a telephone
        for column, (run, result) in zip(st.columns(2), shown[start : start + 2], strict=False):
            with column:
                confusion_chart(lab.run(run), names[run], result, lab, cells == SHARES)
    per_class_tables(results, names)


def differences_section(lab: Lab, runs: Sequence[Run], split: str) -> None:
    """Whether the others differ from the first one by more than chance; runs with other seeds are one group."""
    groups = grouped(runs)
    if len(groups) < 2:
        return
    from core.insight.difference import group_of, judge, on_same_images, spread_words
    from core.insight.shared_images import newest_first, shared_images, versions_differ

    answers = {run.id: cached_answers(lab, run, run.id, split, lab.files.checkpoint_version(run.id)) for run in runs}
    sets = {run.id: require(DataSource.of(run.config.data), lab.workspace) for run in runs}
    st.markdown(_("**Is the difference more than chance?**"))
    if versions_differ(sets):
        shared = shared_images(answers, sets, newest_first(runs, lab.workspace)[0].id)
        answers = shared.answers
        st.caption(escape_markdown(shared.words))
    for group in groups:
        if len(group) > 1:
            st.markdown(escape_markdown(spread_words(group, group_of(group, answers))))
    for first, *others in on_same_images(groups, answers):
        if not others:
            words = _("{run:name} is the only one here that was measured on its images.", run=first[0].name)
            st.caption(escape_markdown(words))
        for second in others:
            found = judge(first, second, answers)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(escape_markdown(found.words), width="content")
                if found.repeat:
                    repeat_button(lab, found.repeat)


def repeat_button(lab: Lab, runs: Sequence[Run]) -> None:
    """Train more seeds of these runs; while such runs wait or train, their number."""
    kin = {group_key(run) for run in runs}
    if waiting := [run for run in lab.runs(states=ACTIVE) if group_key(run) in kin]:
        st.caption(
            ngettext("{n:count} more is on its way. Tick it above once it is done.",
                     "{n:count} more are on their way. Tick them above once they are done.", len(waiting))
        )  # fmt: skip
        return
    several = _("Train {seeds} more seeds of both ({runs} runs)", seeds=MORE_SEEDS, runs=MORE_SEEDS * len(runs))
    if st.button(
        several if len(runs) > 1 else _("Train {seeds} more seeds", seeds=MORE_SEEDS),
        icon=":material/casino:",
        key="seeds-" + "-".join(run.id for run in runs),
        help=_("Queues runs with the same settings and other seeds. Tick them here once they are done."),
    ):
        with frame.show_problems():
            for run in runs:
                lab.repeat(run.id, MORE_SEEDS)
            st.rerun()


@st.cache_resource(max_entries=64, show_spinner=False)
def cached_answers(_lab: Lab, _run: Run, run: str, split: str, version: str) -> "ImageAnswers":
    from core.insight.evaluation import image_answers

    return image_answers(_run, split, _lab.workspace)


def confusion_chart(run: Run, name: str, result: "Evaluation", lab: Lab, shares: bool) -> None:
    """One confusion matrix, unless it has too many cells, with its score and its most common mistake in words."""
    score = _(
        "**{run}**: {accuracy:percent} classified correctly, {correct}",
        run=escape_markdown(name),
        accuracy=result.accuracy,
        correct=formatting.of(result.correct, result.total),
    )
    more = metrics_in_words(result.metrics)
    st.markdown(f"{score}. {escape_markdown(more[:1].upper() + more[1:])}" if more else score)
    if run.state == "finished":
        show_score_notes(with_data_doubts(result.measured, run, result.split, lab))
    else:
        words = _(
            "It is not finished: these are the weights of its last checkpoint, after {share:share} of the training.",
            share=run.progress,
        )
        st.info(words, icon=":material/hourglass_top:")
    pair = most_confused_pair(result)
    shown_pair = escape_markdown(pair)
    if len(result.classes) > MAX_CLASSES_IN_MATRIX:
        text = _("{n:count} classes are too many for a picture of all pairs.", n=len(result.classes))
        st.caption(f"{text} {shown_pair}")
        return
    st.plotly_chart(
        confusion_matrix(result.confusion, result.classes, shares=shares, background=page_background()),
        width="stretch",
        key=f"confusion_{run.id}",
        alt=one_line(_("Confusion matrix of {run:name}: {pair}", run=name, pair=pair)),
    )
    st.caption(_("Rows are true classes, columns answers. {pair}", pair=shown_pair))


def evaluate_runs(lab: Lab, runs: Sequence[Run], split: str) -> "dict[str, Evaluation]":
    """Run id → its figures; a run that cannot be evaluated says why and is left out."""
    results = {}
    for run in runs:
        try:
            with st.spinner(f"{escape_markdown(run.name)}: {loading_text()}"):
                results[run.id] = cached_evaluation(lab, run, run.id, split, lab.files.checkpoint_version(run.id))
        except Problem as error:
            frame.show_problem(Problem("{name}: {error}", name=run.name, error=error))
    return results


@st.cache_resource(max_entries=64, show_spinner=False)
def cached_evaluation(_lab: Lab, _run: Run, run: str, split: str, version: str) -> "Evaluation":
    from core.insight.evaluation import evaluate

    return evaluate(_run, split, _lab.workspace)


def most_confused_pair(result: "Evaluation") -> str:
    """The pair that is mixed up most, in a sentence."""
    mistakes = (
        (count, true, answered)
        for row, true in zip(result.confusion, result.classes, strict=True)
        for count, answered in zip(row, result.classes, strict=True)
        if count and true != answered
    )
    count, true, answered = max(mistakes, default=(0, "", ""))
    if not count:
        return _("Nothing is mixed up.")
    return ngettext(
        "Most often mixed up: {true:name}, taken for {answered:name} (once).",
        "Most often mixed up: {true:name}, taken for {answered:name} ({n:count} times).",
        count,
        true=true,
        answered=answered,
    )


def per_class_tables(results: "dict[str, Evaluation]", names: dict[str, str]) -> None:
    """Precision, recall and F1; runs on other classes get a table of their own."""
    st.markdown(_("**Class by class**"))
    groups: dict[tuple[str, ...], dict[str, Sequence[ClassFigures]]] = {}
    for run, result in results.items():
        groups.setdefault(tuple(result.classes), {})[names[run]] = result.per_class
    for number, per_class in enumerate(groups.values()):
        per_class_table(per_class, number)
    st.caption(
        _(
            "Precision: of the answers with this class, the share that is right. Recall: of the images of this class, "
            "the share that is answered with it. F1: their harmonic mean. The lowest of each column is bold."
        )
    )


def per_class_table(per_class: "dict[str, Sequence[ClassFigures]]", number: int) -> None:
    table = class_table(per_class)
    percent = metric_column.cell_format(partial(formatting.percent, digits=1))
    st.dataframe(
        table.style.format(percent).highlight_min(props="font-weight: 700"),
        width="stretch",
        height="content" if len(table) <= 40 else "auto",
        alt=_("Precision, recall and F1 of every class, by run; the lowest of each column is bold"),
    )
    csv.download_button(lambda: table, "classes.csv", key=f"csv-classes-{number}")
