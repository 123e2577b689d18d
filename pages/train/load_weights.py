"""Weights from a file as a run of its own, to predict with and to compare."""

import streamlit as st

from core.errors import BadInput
from core.locale import _
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.settings.documents import ENDINGS
from pages.components import background, frame
from pages.components.page_list import TRAIN

MAX_UPLOAD_MB = 500  # MB of a weights file


def load_weights_form(lab: Lab) -> None:
    """A form for a weights file and the settings beside it, drawn while its fold is open; core checks both."""
    fold = st.expander(_("Load weights from a file"), icon=":material/upload_file:", on_change="rerun", key="fold-load")
    if not fold.open:
        return
    with fold:
        st.markdown(
            _(
                "A `.safetensors` file that Epochlab wrote says how its model is built. Beside any other, and beside "
                "every `.pt`, give the settings (`.json`, `.toml` or `.yaml`) that belong to it."
            )
        )
        with st.form("load-weights", border=False, clear_on_submit=True):
            kinds = ["pt", "pth", "ckpt", "bin", "safetensors"]
            weights = st.file_uploader(_("Weights"), type=kinds, max_upload_size=MAX_UPLOAD_MB)
            settings = st.file_uploader(_("Settings"), type=list(ENDINGS), max_upload_size=1)
            name = st.text_input(_("Name of the run"), placeholder=_("As it was called, else as the file"))
            pressed = st.form_submit_button(_("Load"), icon=":material/upload_file:")
        if not pressed:
            return
        with frame.show_problems():
            if weights is None:
                raise BadInput("Choose a weights file first.")
            if not background.torch_loaded():
                raise BadInput("PyTorch is still being loaded. Try again in a moment.")
            from core.exporters.import_weights import import_weights  # brings torch

            config = RunConfig.from_file(settings.getvalue(), settings.name) if settings else None
            run = import_weights(weights.getvalue(), weights.name, lab, config, name)
            st.switch_page(TRAIN.file, query_params={"run": run.id})
