"""What is said against the score on the images that are looked at: copies of training images, and images under two
classes."""

from collections.abc import Mapping

import streamlit as st

from core.insight.predictions import Predictions
from core.training.verdict import Measured
from pages.components.markdown import escape_markdown
from pages.components.run_picker import run_names
from pages.components.score_notes import said_of_runs, with_data_doubts, with_other_copies
from pages.inspect.inspected import Inspected


def with_doubts(measured: Measured, inspected: Inspected, found: Predictions) -> Measured:
    """The same counts with those of such images, of the first run."""
    if inspected.other:
        return with_other_copies(measured, inspected.run, inspected.prepared, found.indices, inspected.lab)
    return with_data_doubts(measured, inspected.run, inspected.split, inspected.lab)


def show_data_doubts(inspected: Inspected, found: Mapping[str, Predictions]) -> None:
    """Of the runs whose predictions are given: what holds for all of them once, else with the names."""
    names = run_names(inspected.runs)
    doubts = {}
    for run in inspected.runs:
        if run.id in found:
            counts = Measured(0, len(found[run.id]), 0, 0, 0)
            doubts[names[run.id]] = with_doubts(counts, inspected.of(run), found[run.id]).data_doubts
    for words in said_of_runs(doubts):
        st.warning(escape_markdown(words), icon=":material/warning:")
