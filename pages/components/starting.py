"""What an empty page offers: train a first model on the built-in digits."""

import streamlit as st

from core.datasets.source import DataSource
from core.locale import _, translate
from core.prepared import prepare
from core.recipes import recipe
from core.runs.lab import Lab
from pages.components import frame
from pages.components.page_list import TRAIN

FIRST_RECIPE = "digits-quick"


def first_run_button(lab: Lab) -> None:
    """A button that starts the quickest recipe and goes to watch it, and a link for people who want to choose."""
    first = recipe(FIRST_RECIPE)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(_("Train on digits"), type="primary", icon=":material/play_arrow:", key="first_run"):
            with frame.show_problems():
                for _progress in prepare.prepare(DataSource.of(first.config.data), lab.workspace):
                    pass
                run = lab.submit(first.config, recipe=first.name)
                st.switch_page(TRAIN.file, query_params={"run": run.id})
        st.page_link(
            TRAIN.file,
            label=_("Set up a run of your own"),
            icon=":material/tune:",
            query_params={"view": "new"},
        )
    st.caption(translate(first.about))
