"""Settings against scores: which setting goes with which score, over all compared runs."""

from collections.abc import Sequence

import streamlit as st

from core.charts.settings_scores import MAX_AXES, parallel_chart, scatter_chart
from core.charts.style import run_marks
from core.insight.settings_scores import score_columns, setting_columns
from core.locale import _
from core.runs.lab import Lab
from core.runs.seeds import SEED
from core.runs.setting_words import MISSING
from core.runs.store import Run
from core.sanitize import one_line
from pages.components.chart import live_chart
from pages.components.linked_select import linked_selectbox
from pages.components.markdown import escape_markdown
from pages.components.run_picker import run_names

MIN_RUNS = 2


def scores_tab(lab: Lab, runs: Sequence[Run]) -> None:
    finished = [run for run in runs if run.summary]
    settings, scores = setting_columns(finished), score_columns(finished)
    if len(finished) < MIN_RUNS or not settings:
        st.info(
            _("Choose two finished runs or more whose settings differ, to see which setting goes with which score."),
            icon=":material/check_box:",
        )
        return
    settings.sort(key=lambda one: one.name != "optimizer.lr")  # what is turned most often first
    of_setting, of_score = {one.name: one for one in settings}, {one.name: one for one in scores}
    with st.container(horizontal=True):
        name = linked_selectbox(
            _("Setting"), list(of_setting), "setting", title=lambda name: of_setting[name].title, width=280
        )
        wanted = linked_selectbox(
            _("Score"), list(of_score), "score", title=lambda name: of_score[name].title, width=280
        )
    setting, score = of_setting[name], of_score[wanted]
    names = run_names(finished)
    points = [f"{names[run]}: {score.values[run]:.4g}" for run in setting.values if run in score.values]
    alt = _("{score} over {setting}. {points}", score=score.title, setting=setting.title, points="; ".join(points))
    marks = run_marks([run.id for run in runs], lab.store.ids())  # as beside one another under Curves
    colours = {run: mark.colour for run, mark in marks.items()}
    live_chart(scatter_chart(setting, score, names, colours), one_line(alt), key="scatter")
    chosen = [one for one in settings if one.name != SEED]  # of which nothing follows
    chosen.sort(key=lambda one: list(one.values.values()).count(MISSING))  # what most of the runs have first
    if len(finished) > MIN_RUNS and chosen:
        alt = _("A line a run over its settings; its colour is its {score}.", score=score.title)
        live_chart(parallel_chart(chosen, score), alt, key="parallel")
        st.caption(
            _(
                "A line is a run, an axis a setting; blue lines have a low {score}, orange ones a high one. Drag along "
                "an axis to keep only the runs that pass there; a click on it shows all again. That a setting goes "
                "with a score does not mean that it is the reason: where several settings differ, change one alone.",
                score=score.title,
            )
        )
        if left := [one.title for one in chosen[MAX_AXES - 1 :]]:
            st.caption(_("Without an axis for want of room: {settings}.", settings=escape_markdown(", ".join(left))))
