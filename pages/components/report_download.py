"""A button that hands out a report on runs."""

from collections.abc import Sequence

import streamlit as st

from core import translations
from core.datasets.source import DataSource
from core.insight import evaluation_job, predictions
from core.insight.evaluation_job import EvaluationJob
from core.locale import _, ngettext
from core.prepared import prepare
from core.report.document import MAX_RUNS
from core.runs.lab import Lab
from core.runs.naming import REPORT, file_name
from core.runs.store import Run
from pages.components import background
from pages.components.job_controls import job_controls

LAST, TEST = "last", "test"  # the weights and the images that a report is about


def report_button(runs: Sequence[Run], lab: Lab, key: str) -> None:
    """The file is made when it is asked for, as the runs are then. Test images that are still to be answered are
    a piece of work of its own before that, as on Inspect."""
    if background.lacks_torch():
        return
    if len(runs) <= MAX_RUNS and (missing := unanswered(runs, lab)):
        about = ngettext(
            "A report shows the mistakes of the run. Before that, it has to answer its test images: seconds, or "
            "minutes for large models.",
            "A report shows the mistakes of the runs. Before that, {n:count} of them have to answer their test images: "
            "seconds, or minutes for large models.",
            len(missing),
        )
        job_controls(missing, _("Make a report"), about, key=key, primary=False)
        if all(evaluation_job.status(job).state != "failed" for job in missing):
            return  # else the report is made all the same, and says what is absent
    download(runs, lab, key)


def unanswered(runs: Sequence[Run], lab: Lab) -> list[EvaluationJob]:
    """The evaluations of those runs whose answers to their test images can be had and are not kept."""
    found = []
    for run in runs:
        if run.state != "finished" or not lab.files.has_checkpoint(run.id, LAST):
            continue
        path, version = lab.files.checkpoint(run.id, LAST), lab.files.checkpoint_version(run.id, LAST)
        there = prepare.find(DataSource.of(run.config.data), lab.workspace)
        if there and predictions.find(path, TEST, version) is None:
            found.append(EvaluationJob(run, TEST, LAST, lab.workspace))
    return found


def download(runs: Sequence[Run], lab: Lab, key: str) -> None:
    ids, language = [run.id for run in runs], translations.current()

    def content() -> bytes:
        from core.report.report import report  # brings torch

        before = translations.language.set(language)  # it is made outside the session
        try:
            return report([lab.run(one) for one in ids], lab)
        finally:
            translations.language.reset(before)

    words = _("Report (.html)") if len(runs) == 1 else ngettext(
        "Report on {n:count} run", "Report on {n:count} runs", len(runs))  # fmt: skip
    about = _(
        "One file to read, print and hand on: what was asked, the score and what it is worth, curves, mistakes, how to "
        "do it again. It needs no network."
    )
    many = len(runs) > MAX_RUNS
    own = file_name(runs[0].name, runs[0].id, REPORT) if len(runs) == 1 else f"runs-{REPORT}"
    st.download_button(
        words, content, f"{own}.html", "text/html",
        icon=":material/summarize:", on_click="ignore", key=f"{key}-file", disabled=many,
        help=_("A report compares at most {most} runs.", most=MAX_RUNS) if many else about,
    )  # fmt: skip
