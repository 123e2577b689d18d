"""What is worth doing next, for whoever has trained something."""

from collections.abc import Sequence

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _
from core.prepared.drawable import is_drawable
from core.runs.lab import Lab
from core.runs.store import Run
from pages.components.page_list import COMPARE, DATA, PREDICT, TRAIN
from pages.components.run_card import AGAIN_ICON, again_params


def next_steps(lab: Lab, runs: Sequence[Run]) -> None:
    """Links to the next step. `runs` are the newest ones that finished, one at least."""
    last, *before = runs
    with st.container(horizontal=True, key="next-steps"):
        st.page_link(TRAIN.file, label=_("Again with one change"), icon=AGAIN_ICON, query_params=again_params(last))
        other = next((run for run in before if run.config.data == last.config.data), None)
        if other:
            st.page_link(
                COMPARE.file,
                label=_("Compare the last two runs"),
                icon=":material/compare_arrows:",
                query_params={"runs": f"{last.id},{other.id}"},
            )
        draws = is_drawable(DataSource.of(last.config.data), lab.workspace)
        st.page_link(
            PREDICT.file,
            label=_("Draw for your newest model") if draws else _("Try your newest model on images"),
            icon=":material/draw:" if draws else ":material/image_search:",
            query_params={"run": last.id},
        )
        st.page_link(DATA.file, label=_("Train on images of your own"), icon=":material/add_photo_alternate:")
