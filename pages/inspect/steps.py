"""Walking through the layers of a network: a slider and two buttons; the link holds the layer's name."""

from collections.abc import Sequence

import streamlit as st

from core.locale import _

LAYER = "layer"  # in the link
STEP = "layer-step"  # in the session: the slider's number


def choose_step(names: Sequence[str]) -> int:
    """The place of the chosen layer among these."""
    asked = st.query_params.get(LAYER, "")
    place = names.index(asked) if asked in names else 0
    st.session_state[STEP] = place + 1  # the link is the truth

    def go(step: int) -> None:
        at = min(max(st.session_state[STEP] - 1 + step, 0), len(names) - 1)
        st.query_params[LAYER] = names[at]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(_("Previous layer"), icon=":material/arrow_back:", key="layer-before", disabled=place == 0,
                  on_click=go, args=(-1,))  # fmt: skip
        st.button(_("Next layer"), icon=":material/arrow_forward:", key="layer-after", on_click=go, args=(1,),
                  disabled=place == len(names) - 1)  # fmt: skip
        if len(names) > 1:
            st.slider(_("Layer"), 1, len(names), key=STEP, on_change=go, args=(0,), width=360)
    return place
