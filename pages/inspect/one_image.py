"""One image of the split, by its place in it; the link holds its place in the data set, as for all sections."""

import numpy as np
import streamlit as st

from core.loading.split import by_name, parts
from core.locale import _
from pages.components.markdown import escape_markdown
from pages.inspect.image_list import OPENED
from pages.inspect.inspected import Inspected

PLACE = "image-place"  # in the session: the number in the box


def images_of(inspected: Inspected) -> np.ndarray:
    """Places in the data set of the images of the chosen split, as the first run divides it."""
    if inspected.other:
        return np.flatnonzero(np.asarray(inspected.prepared.labels) >= 0)
    data, prepared = inspected.run.config.data, inspected.prepared
    divided = parts(prepared, data.validation, data.limit, inspected.run.config.training.seed)
    return by_name(prepared, divided)[inspected.split]


def choose_image(inspected: Inspected) -> int:
    """A number and two buttons; returns the image's place in the data set."""
    images = images_of(inspected)
    asked = st.query_params.get(OPENED, "")
    found = np.flatnonzero(images == (int(asked[:12]) if asked.isdecimal() else -1))
    place = int(found[0]) if len(found) else 0
    st.session_state[PLACE] = place + 1  # the link is the truth: another section may have opened an image

    def go(step: int) -> None:
        at = int(np.clip(st.session_state[PLACE] - 1 + step, 0, len(images) - 1))
        st.query_params[OPENED] = str(images[at])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            _("Image no."), 1, len(images), key=PLACE, on_change=go, args=(0,), width=150,
            help=_("From 1 to {last:count}, in the order of the split.", last=len(images)),
        )  # fmt: skip
        st.button(_("Previous"), icon=":material/arrow_back:", key="image-before", disabled=place == 0, on_click=go,
                  args=(-1,))  # fmt: skip
        st.button(_("Next"), icon=":material/arrow_forward:", key="image-after", disabled=place == len(images) - 1,
                  on_click=go, args=(1,))  # fmt: skip
    index = int(images[place])
    true = inspected.prepared.meta.classes[inspected.prepared.labels[index]]
    st.caption(_("Image {index} of the data set, which is {true:name}.", index=index, true=escape_markdown(true)))
    return index
