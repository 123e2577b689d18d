"""A button that hands out a report on runs."""

from collections.abc import Sequence

import streamlit as st

from core import translations
from core.locale import _, ngettext
from core.report.document import MAX_RUNS
from core.runs.lab import Lab
from core.runs.naming import file_name
from core.runs.store import Run
from pages.components import background


def report_button(runs: Sequence[Run], lab: Lab, key: str) -> None:
    """The file is made when it is asked for, as the runs are then; meanwhile the button shows that it is at work."""
    if background.lacks_torch():
        return
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
        "do it again. It needs no network. Where the test images are not answered yet, that is done first."
    )
    many = len(runs) > MAX_RUNS
    st.download_button(
        words, content, f"{file_name(runs[0].name, runs[0].id) if len(runs) == 1 else 'runs'}-report.html", "text/html",
        icon=":material/summarize:", on_click="ignore", key=key, disabled=many,
        help=_("A report compares at most {most} runs.", most=MAX_RUNS) if many else about,
    )  # fmt: skip
