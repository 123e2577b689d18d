"""Many pictures at once: a table of one model's answers, and the same as a file."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.inference.many_pictures import AnsweredFile, answered_files, table_text
from core.inference.pictures import Pictures, ReadAs
from core.locale import _, ngettext
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components import csv, frame
from pages.components.markdown import escape_markdown
from pages.components.metric_column import PERCENT
from pages.components.model_cache import confidence_version, predictor
from pages.predict.upload import MAX_UPLOAD_MB

MAX_FILES = 1000  # at once; a folder of more is for the command line
SHOWN = ["file", "answer", "probability", "accepted", "read_as", "problem", "note"]
ANSWERED = "many_answered"  # in the session: what was answered last, by which weights, and its rows


@st.fragment
@frame.show_problems()
def many_tab(lab: Lab, runs: Sequence[Run]) -> None:
    run = runs[0]
    if len(runs) > 1:
        st.caption(_("{run:name} answers here, the first one chosen.", run=escape_markdown(run.name)))
    # Of any ending: what is no picture has a row that says so.
    uploads = st.file_uploader(_("Pictures"), accept_multiple_files=True, max_upload_size=MAX_UPLOAD_MB)
    if not uploads:
        st.caption(
            _(
                "Choose several pictures from this device. Each is read as under Upload, and nothing of them is kept. "
                "For a whole folder: `python -m core predict RUN DIR --to answers.csv`."
            )
        )
        return
    if len(uploads) > MAX_FILES:
        st.caption(_("The first {n:count} of them are answered.", n=MAX_FILES))
    rows = answers_to(lab, run, uploads[:MAX_FILES])
    first = sorted(rows, key=lambda row: not row.problem)  # what has no answer is not out of sight
    table = pd.DataFrame([[getattr(row, column) for column in SHOWN] for row in first], columns=SHOWN)
    if failed := int((table["problem"] != "").sum()):
        words = ngettext("{n:count} file has no answer; the table says why.",
                         "{n:count} files have no answer; the table says why.", failed)  # fmt: skip
        st.caption(words)
    refused = any(counts is not None and not counts for counts in table["accepted"])
    more = [*(["accepted"] if refused else []), *(["problem"] if failed else []),
            *(["note"] if table["note"].any() else [])]  # fmt: skip
    share = st.column_config.ProgressColumn(_("Probability"), format=PERCENT, min_value=0, max_value=100)
    st.dataframe(
        table.assign(probability=100 * table["probability"].astype(float)),
        hide_index=True,
        column_order=["file", "answer", "probability", *more],
        column_config={
            "file": _("File"),
            "answer": _("Answer"),
            "probability": share,
            "accepted": st.column_config.CheckboxColumn(_("Counts")),
            "problem": st.column_config.TextColumn(_("Problem"), width="large"),
            "note": st.column_config.TextColumn(_("Note"), width="large"),
        },
    )
    csv.text_button(
        lambda: csv.BYTE_ORDER_MARK + table_text(rows, predictor(lab, run).classes), "answers.csv", key="many_csv"
    )


def answers_to(lab: Lab, run: Run, uploads: Sequence[UploadedFile]) -> list[AnsweredFile]:
    """A row for each file; the same files are answered once."""
    weights = lab.files.checkpoint_version(run.id), confidence_version(lab, run)
    asked = (run.id, *weights, *(one.file_id for one in uploads))
    rows: list[AnsweredFile]
    known, rows = st.session_state.get(ANSWERED, ((), []))
    if known != asked:
        pictures = Pictures(lab.workspace, run, predictor(lab, run), ReadAs())
        bar, rows = st.progress(0.0), []
        for row in answered_files(pictures, [(one.name, one.getvalue()) for one in uploads]):
            rows.append(row)
            bar.progress(len(rows) / len(uploads))
        bar.empty()
        st.session_state[ANSWERED] = asked, rows
    return rows
