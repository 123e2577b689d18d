"""Published weights that the model on the form starts from: told before Start, as without them a run ends at once."""

import streamlit as st

from core.locale import _, translate
from core.models import ModelSettings, model_spec
from core.models.weights import WeightsFile, missing_weights
from pages.components.markdown import escape_markdown
from pages.train import forms

ANSWER_HOLDS_S = 60  # seconds for which the answer of a server is believed


def weights_section(settings: ModelSettings) -> list[str]:
    """Say where weights come from that are not on this computer; returns what prevents a start."""
    file = missing_weights(settings)
    if file is None:
        return []
    values = {
        "model": translate(model_spec(file.model).title), "size": file.size, "host": escape_markdown(file.host),
    }  # fmt: skip
    with st.spinner(_("Asking {host} for ImageNet's weights", **values)):
        why = out_of_reach(file)
    if not why:
        st.info(
            _(
                "ImageNet's weights of {model} are not on this computer yet. The run downloads them first: {size:size} "
                "from {host}.",
                **values,
            ),
            icon=":material/cloud_download:",
        )
        return []
    st.warning(
        _(
            "ImageNet's weights of {model} are not on this computer, and {host} cannot be reached ({reason}). Connect "
            "to the internet and look again, put the file {url} ({size:size}) into {folder} by hand, or start from "
            "random weights, which need many more images.",
            **values,
            reason=escape_markdown(why),
            url=escape_markdown(file.url),
            folder=escape_markdown(str(file.place.parent)),
        ),
        icon=":material/cloud_off:",
    )
    with st.container(horizontal=True):
        st.button(_("Look again"), icon=":material/refresh:", on_click=out_of_reach.clear, key="weights-again")
        st.button(
            _("Take random weights"),
            icon=":material/casino:",
            on_click=forms.set_value,
            args=("model.weights", "random"),
            key="weights-random",
        )
    return [_("ImageNet's weights are missing, and cannot be downloaded here. See Model, above.")]


@st.cache_data(ttl=ANSWER_HOLDS_S, max_entries=16, show_spinner=False)
def out_of_reach(file: WeightsFile) -> str:
    """Asked once a minute, not with every change of a control."""
    return file.out_of_reach
